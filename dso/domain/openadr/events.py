"""Programs and events of OpenADR 3 as we read them, of either wire version.

3.0.1 and 3.1.0 differ in targets (`[{"type", "values"}]` or strings) and in where a program keeps
its facts (fields or `attributes`): both are read here, and nothing else needs to know.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dso.domain.readings import duration, instant
from dso.errors import BadMessage

BEGINNING_OF_TIME = ("0000-", "0001-01-01")  # "now", or right after the interval before
LONGEST_ID, LONGEST_NAME = 128, 128
MOST_INTERVALS, MOST_VALUES = 3_000, 3_000
LOWEST_PRIORITY = 2**31 - 1

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Period:
    """When an interval is. `start` None: now, or right after the one before. `lasts` None:
    without end; `says_length` tells whether anything was said of it."""

    start: datetime | None = None
    lasts: timedelta | None = None
    says_length: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    period: Period | None
    payloads: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Descriptor:
    """In what the values of a payload type are."""

    units: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    program_id: str
    name: str
    descriptors: Mapping[str, Descriptor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """`key` names it at its VTN for good: ids are small integers there that start again with the
    VTN. A low `priority` goes first."""

    event_id: str
    program_id: str
    name: str
    created: str
    modified: str
    priority: int
    targets: frozenset[str]
    descriptors: Mapping[str, Descriptor]
    period: Period | None
    lasts: timedelta | None
    loops: bool
    intervals: tuple[Interval, ...]
    report_descriptors: tuple[Json, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.event_id} {self.created}"

    @property
    def is_safe_mode(self) -> bool:
        """Whether it is for the time without a VTN (Grid Aware Charging): its name says so."""
        return "safe" in self.name.lower()


def program_of(raw: Any) -> Program:
    """Raises BadMessage."""
    body = _object(raw, "program")
    program_id = _id(body.get("id"), "program id")
    name = str(body.get("programName") or program_id)[:LONGEST_NAME]
    return Program(program_id, name, _descriptors(body))


def event_of(raw: Any) -> Event:
    """Raises BadMessage for an event that cannot be understood."""
    body = _object(raw, "event")
    event_id = _id(body.get("id"), "event id")
    intervals = _list(body.get("intervals"), "intervals", MOST_INTERVALS)
    length = body.get("duration")
    lasts = duration(length, "duration") if length is not None else None
    return Event(
        event_id=event_id,
        program_id=str(body.get("programID", ""))[:LONGEST_ID],
        name=str(body.get("eventName") or "")[:LONGEST_NAME],
        created=str(body.get("createdDateTime") or "")[:40],
        modified=str(body.get("modificationDateTime") or "")[:40],
        priority=_priority(body.get("priority")),
        targets=targets_of(body.get("targets")),
        descriptors=_descriptors(body),
        period=_period(body.get("intervalPeriod"), "intervalPeriod"),
        lasts=lasts,
        loops=length is not None,
        intervals=tuple(_interval(one, number) for number, one in enumerate(intervals)),
        report_descriptors=tuple(
            one for one in body.get("reportDescriptors") or () if isinstance(one, Mapping)
        ),
    )


def targets_of(raw: Any) -> frozenset[str]:
    """Whom an object is for, whichever way it is written."""
    found: set[str] = set()
    for target in raw if isinstance(raw, list) else []:
        if isinstance(target, str):
            found.add(target)
        elif isinstance(target, Mapping) and isinstance(target.get("values"), list):
            found.update(str(value) for value in target["values"])
    return frozenset(found)


def targets_written(names: Iterable[str], version: str) -> list[Any]:
    """Targets as the wire version has them."""
    listed = sorted(names)
    if version.startswith("3.0"):
        return [{"type": "POWER_SERVICE_LOCATION", "values": listed}] if listed else []
    return list(listed)


def is_for(event: Event, ours: Iterable[str], ven_name: str) -> bool:
    """Whether an event is for what bears these names: that of the VEN says nothing, because all
    that we have bears it."""
    named = event.targets - {ven_name}
    return not named or bool(named & set(ours))


def _interval(raw: Any, number: int) -> Interval:
    name = f"intervals[{number}]"
    body = _object(raw, name)
    payloads: dict[str, tuple[Any, ...]] = {}
    for payload in _list(body.get("payloads"), f"{name}.payloads", MOST_VALUES):
        kind = str(_object(payload, f"{name}.payloads").get("type", ""))
        values = _list(payload.get("values"), f"{name}.{kind}", MOST_VALUES)
        payloads[kind] = tuple(values)
    return Interval(_period(body.get("intervalPeriod"), name), payloads)


def _period(raw: Any, name: str) -> Period | None:
    if raw is None:
        return None
    body = _object(raw, name)
    start, length = body.get("start"), body.get("duration")
    is_now = start is None or str(start).startswith(BEGINNING_OF_TIME)
    return Period(
        start=None if is_now else instant(start, f"{name}.start"),
        lasts=None if length is None else duration(length, f"{name}.duration"),
        says_length=length is not None,
    )


def _descriptors(body: Json) -> dict[str, Descriptor]:
    found = {}
    for one in body.get("payloadDescriptors") or ():
        if isinstance(one, Mapping) and one.get("objectType") != "REPORT_PAYLOAD_DESCRIPTOR":
            units, currency = str(one.get("units") or ""), str(one.get("currency") or "")
            found[str(one.get("payloadType", ""))] = Descriptor(units.upper(), currency.upper())
    return found


def _priority(raw: Any) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
        return min(raw, LOWEST_PRIORITY)
    return LOWEST_PRIORITY


def _id(raw: Any, name: str) -> str:
    text = "" if raw is None or isinstance(raw, bool | dict | list) else str(raw)
    if not 0 < len(text) <= LONGEST_ID:
        raise BadMessage(f"{name}: missing or too long")
    return text


def _object(raw: Any, name: str) -> Json:
    if not isinstance(raw, Mapping):
        raise BadMessage(f"{name}: an object is needed")
    return raw


def _list(raw: Any, name: str, most: int) -> list[Any]:
    if raw is None:
        return []
    if not isinstance(raw, list) or len(raw) > most:
        raise BadMessage(f"{name}: a list of at most {most} is needed")
    return raw
