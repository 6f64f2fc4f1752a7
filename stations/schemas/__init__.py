"""JSON schemas, compiled once: OCPP requests we may send, OCPI objects we take in."""

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs

from stations.errors import InvalidPayload, UnknownAction

# What a Central System may ask in OCPP 1.6 (§5 and the security whitepaper, edition 2).
REQUESTS = frozenset(
    [
        "CancelReservation",
        "CertificateSigned",
        "ChangeAvailability",
        "ChangeConfiguration",
        "ClearCache",
        "ClearChargingProfile",
        "DataTransfer",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetCompositeSchedule",
        "GetConfiguration",
        "GetDiagnostics",
        "GetInstalledCertificateIds",
        "GetLocalListVersion",
        "GetLog",
        "InstallCertificate",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "ReserveNow",
        "Reset",
        "SendLocalList",
        "SetChargingProfile",
        "SignedUpdateFirmware",
        "TriggerMessage",
        "UnlockConnector",
        "UpdateFirmware",
    ]
)
MOST_REASONS = 20


@cache
def _ocpp(name: str) -> jsonschema_rs.Draft4Validator:
    text = resources.files("ocpp.v16.schemas").joinpath(f"{name}.json").read_text("utf-8-sig")
    return jsonschema_rs.Draft4Validator(json.loads(text))


@cache
def _ocpi(name: str, version: str) -> jsonschema_rs.Draft202012Validator:
    text = resources.files("stations.schemas").joinpath(f"ocpi-{version}.schema.json").read_text()
    schema = {**json.loads(text), "$ref": f"#/$defs/{name}"}
    return jsonschema_rs.Draft202012Validator(schema)


def check_request(action: str, payload: Any) -> None:
    """Raise UnknownAction or InvalidPayload, with `path: reason` for each fault."""
    if action not in REQUESTS:
        raise UnknownAction(action=action)
    if "\\u0000" in json.dumps(payload):
        raise InvalidPayload("a text holds a NUL character")
    if reasons := _reasons(_ocpp(action), payload):
        raise InvalidPayload("; ".join(reasons), errors=reasons)


def faults_in(name: str, body: Any, version: str = "2.2.1") -> list[str]:
    """`path: reason` for each fault of an OCPI object (`Location`, `Token`, `Tariff`)."""
    return _reasons(_ocpi(name, version), body)


def _reasons(validator: Any, body: Any) -> list[str]:
    found = []
    for fault in validator.iter_errors(body):
        path = ".".join(str(part) for part in fault.instance_path) or "payload"
        found.append(f"{path}: {fault.message}")
        if len(found) == MOST_REASONS:
            break
    return found
