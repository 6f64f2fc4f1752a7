"""Rude in the payload: values that no meter reads and texts that no vendor writes."""

import json
from collections.abc import Iterable

from cpms.simulation.rude.door import Door, Rudeness, named

NUMBERS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-0",
    "-1",
    "2147483648",
    "9223372036854775808",
    "1e2",
    "0.5",
    '"7"',
    "true",
)
TEXTS = (
    "\ud800",
    "\x00",
    "\u202eevil\u202c",
    "line\r\n2026-01-01 INFO login admin",
    "\x1b[31mred\x1b[0m",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE booking_token; --",
    "{{7*7}}{% debug %}",
    "../../etc/passwd",
    "x" * 20_000,
    "",
)
TIMES = (
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "2026-01-01T00:00:00",
    "2026-06-30T23:59:60Z",
    "222222017-10-27T19:10:11Z",
    "1000000",
    "0000-00-00T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "yesterday",
    "",
)


async def _say_all(door: Door, action: str, payloads: Iterable[str]) -> None:
    """Each on the same socket, or on a new one where the server has had enough."""
    socket = await door.enter()
    for payload in payloads:
        if socket.close_code is not None:
            socket = await door.enter()
        await socket.call(action, payload)
        await socket.answer(0.5)


def _start(**changes: str) -> str:
    fields = {
        "connectorId": "1",
        "idTag": '"RUDE"',
        "meterStart": "0",
        "timestamp": '"2026-01-01T00:00:00Z"',
    }
    return _raw(fields | changes)


def _raw(fields: dict[str, str]) -> str:
    """JSON from values that are JSON already, or nearly."""
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def _reading(value: str, at: str = "2026-01-01T00:00:00Z") -> str:
    sample = f'{{"value":{value}}}'
    return f'{{"connectorId":1,"meterValue":[{{"timestamp":"{at}","sampledValue":[{sample}]}}]}}'


async def strange_numbers(door: Door) -> None:
    """NaN, infinities, overflow, negatives as a meter reading."""
    await _say_all(door, "StartTransaction", [_start(meterStart=n) for n in NUMBERS])


async def strange_connectors(door: Door) -> None:
    """Connectors 0, 99 and worse."""
    numbers = ("0", "99", *NUMBERS)
    await _say_all(door, "StartTransaction", [_start(connectorId=n) for n in numbers])


async def strange_status_connectors(door: Door) -> None:
    status = {"errorCode": '"NoError"', "status": '"Available"'}
    payloads = [_raw({"connectorId": n, **status}) for n in ("99", *NUMBERS)]
    await _say_all(door, "StatusNotification", payloads)


async def strange_tags(door: Door) -> None:
    """Injections of every kind as an id tag."""
    await _say_all(door, "Authorize", [f'{{"idTag":{json.dumps(text)}}}' for text in TEXTS])


async def strange_vendors(door: Door) -> None:
    """Injections of every kind in the boot."""
    payloads = [
        _raw({"chargePointVendor": json.dumps(text), "chargePointModel": json.dumps(text)})
        for text in TEXTS
    ]
    await _say_all(door, "BootNotification", payloads)


async def strange_error_texts(door: Door) -> None:
    status = {"connectorId": "1", "errorCode": '"OtherError"', "status": '"Faulted"'}
    payloads = [_raw({**status, "info": json.dumps(text)}) for text in TEXTS]
    await _say_all(door, "StatusNotification", payloads)


async def strange_times(door: Door) -> None:
    times = [json.dumps(time) for time in TIMES]
    await _say_all(door, "StartTransaction", [_start(timestamp=time) for time in times])


async def strange_reading_times(door: Door) -> None:
    await _say_all(door, "MeterValues", [_reading('"5"', at=time) for time in TIMES])


async def strange_readings(door: Door) -> None:
    """A value is a string that holds a decimal; these hold anything."""
    values = [f'"{number}"' for number in ("NaN", "Infinity", "-5", "1e999", "ten", "", "9" * 400)]
    await _say_all(door, "MeterValues", [_reading(v) for v in (*values, "5", "null", "[]", "{}")])


async def missing_and_unknown_fields(door: Door) -> None:
    payloads = ("{}", '{"connectorId":1}', _start(color='"blue"'), '{"idTag":null}')
    await _say_all(door, "StartTransaction", payloads)


async def nulls_everywhere(door: Door) -> None:
    """Each field of a status in turn is null, then all are."""
    fields = {"connectorId": "1", "errorCode": '"NoError"', "status": '"Available"', "info": '""'}
    payloads = [_raw(fields | {name: "null"}) for name in fields]
    await _say_all(door, "StatusNotification", [*payloads, _raw(dict.fromkeys(fields, "null"))])


async def nested_values(door: Door) -> None:
    """Where a number stands, lists in lists: as deep as a recursive check can just not go."""
    payloads = [_start(connectorId="[" * depth + "]" * depth) for depth in (40, 400, 900)]
    await _say_all(door, "StartTransaction", payloads)


async def many_samples(door: Door) -> None:
    """One message with 2,000 readings."""
    sample = '{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[{"value":"1"}]}'
    values = ",".join([sample] * 2000)
    await _say_all(door, "MeterValues", [f'{{"connectorId":1,"meterValue":[{values}]}}'])


async def bad_certificate_requests(door: Door) -> None:
    """Another station's name, no key worth the name, a megabyte of nothing."""
    requests = ("CN=another-station", "-----BEGIN CERTIFICATE REQUEST-----", "A" * (1 << 20))
    await _say_all(door, "SignCertificate", [f'{{"csr":{json.dumps(r)}}}' for r in requests])


async def status_of_unknown_firmware(door: Door) -> None:
    await _say_all(door, "FirmwareStatusNotification", ['{"status":"Installed"}'])
    await _say_all(door, "DiagnosticsStatusNotification", ['{"status":"Uploaded"}'])


RUDENESSES: dict[str, Rudeness] = named(
    strange_numbers,
    strange_connectors,
    strange_status_connectors,
    strange_tags,
    strange_vendors,
    strange_error_texts,
    strange_times,
    strange_reading_times,
    strange_readings,
    missing_and_unknown_fields,
    nulls_everywhere,
    nested_values,
    many_samples,
    bad_certificate_requests,
    status_of_unknown_firmware,
)
