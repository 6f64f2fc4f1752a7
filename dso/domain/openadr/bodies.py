"""What we send to a VTN, as its wire version has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dso.domain.openadr.events import Event
from dso.domain.readings import written
from dso.enums import WireVersion

OPERATIONS = ["CREATE", "UPDATE", "DELETE"]
UNITS = {"USAGE": "KWH", "DEMAND": "KW"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a resource took in a period: energy, and the mean power. `is_estimated`: no meter
    counted it."""

    resource: str
    starts_at: datetime
    lasts: timedelta
    kwh: float
    is_estimated: bool = False

    @property
    def kw(self) -> float:
        return self.kwh / (self.lasts / timedelta(hours=1))


def subscription(version: str, *, client_name: str, program_id: str, url: str, token: str) -> Json:
    """To be told of events. 3.0.1 wants a program; 3.1 tells of all where none is named."""
    body: Json = {
        "clientName": client_name,
        "objectOperations": [
            {
                "objects": ["EVENT"],
                "operations": OPERATIONS,
                "callbackUrl": url,
                "bearerToken": token,
            }
        ],
    }
    return {**body, "programID": program_id} if version == WireVersion.V301 else body


def wanted_reports(event: Event) -> list[str]:
    """The payload types that an event asks reports of and that we can give."""
    asked = [str(one.get("payloadType", "")) for one in event.report_descriptors]
    return list(dict.fromkeys(one for one in asked if one in (*UNITS, "OPERATING_STATE")))


def report(
    event: Event, version: str, *, client_name: str, kind: str, measured: Sequence[Measured]
) -> Json:
    """What was asked of each resource: a figure of its meter, or that it runs."""
    descriptor: Json = {"objectType": "REPORT_PAYLOAD_DESCRIPTOR", "payloadType": kind}
    if kind in UNITS:
        is_estimated = any(one.is_estimated for one in measured)
        descriptor["readingType"] = "ESTIMATED" if is_estimated else "MEAN"
        descriptor["units"] = UNITS[kind]
    body: Json = {
        "eventID": event.event_id,
        "clientName": client_name,
        "reportName": f"{kind} of event {event.event_id}",
        "payloadDescriptors": [descriptor],
        "resources": [_resource(one, kind) for one in measured],
    }
    return {**body, "programID": event.program_id} if version == WireVersion.V301 else body


def _resource(one: Measured, kind: str) -> Json:
    values: Mapping[str, Any] = {
        "USAGE": round(one.kwh, 3),
        "DEMAND": round(one.kw, 3),
        "OPERATING_STATE": "NORMAL",
    }
    return {
        "resourceName": one.resource,
        "intervalPeriod": {
            "start": written(one.starts_at),
            "duration": f"PT{int(one.lasts.total_seconds())}S",
        },
        "intervals": [{"id": 0, "payloads": [{"type": kind, "values": [values[kind]]}]}],
    }
