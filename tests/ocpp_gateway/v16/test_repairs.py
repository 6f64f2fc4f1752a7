"""Each named repair of what real stations send, and what is not mended."""

from datetime import UTC, datetime

import msgspec
import pytest

from ocpp_gateway.v16.decoding import decode
from ocpp_gateway.v16.repairs import ACTIONS, Unrepairable

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOON = datetime(2026, 5, 31, 12, tzinfo=UTC)
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
START = {"connectorId": 1, "idTag": "T", "meterStart": 5, "timestamp": "2026-05-31T12:00:00Z"}
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}


def read(action, payload, *, strict=False):
    return decode(action, msgspec.Raw(msgspec.json.encode(payload)), NOW, strict=strict)


def meter(**sample):
    value = {"timestamp": "2026-05-31T12:00:00Z", "sampledValue": [{"value": "5", **sample}]}
    return {"connectorId": 1, "meterValue": [value]}


def sampled(request):
    (value,) = request.meter_value
    return value.sampled_value[0]


@pytest.mark.parametrize(
    ("action", "payload", "name", "what"),
    [
        ("StatusNotification", {**STATUS, "color": "red"}, "unknown_field", ("status", "Available")),
        ("StatusNotification", {**STATUS, "info": None}, "null_field", ("info", "")),
        ("StatusNotification", {**STATUS, "vendorErrorCode": 7}, "number_for_text",
         ("vendor_error_code", "7")),
        ("StatusNotification", {**STATUS, "connectorId": "1"}, "text_for_number",
         ("connector_id", 1)),
        ("StatusNotification", {**STATUS, "info": "x" * 60}, "text_too_long", ("info", "x" * 50)),
        ("StatusNotification", {**STATUS, "status": "available"}, "wrong_case",
         ("status", "Available")),
        ("StatusNotification", {**STATUS, "errorCode": "Hot"}, "unknown_word",
         ("error_code", "OtherError")),
        ("StatusNotification", {**STATUS, "timestamp": "2026-05-31T12:00:00"},
         "time_without_zone", ("timestamp", NOON)),
        ("StatusNotification", {**STATUS, "timestamp": "2026-05-31 14:00:00+02:00 "},
         "time_without_zone", ("timestamp", NOON)),
        ("StatusNotification", {**STATUS, "timestamp": "yesterday"}, "time_unreadable",
         ("timestamp", NOW)),
        ("StatusNotification", {"connectorId": 1, "status": "Faulted"}, "missing_field",
         ("error_code", "NoError")),
        ("StartTransaction", {**START, "meterStart": 5.6}, "fraction_for_integer",
         ("meter_start", 6)),
        ("StartTransaction", {**START, "timestamp": "222222017-10-27T19:10:11Z"},
         "time_unreadable", ("timestamp", NOW)),
        ("StartTransaction", {**START, "timestamp": "9999-12-31T23:59:59-14:00 "},
         "time_unreadable", ("timestamp", NOW)),
        ("StartTransaction", {**START, "connectorId": 1.0}, "fraction_for_integer",
         ("connector_id", 1)),
    ],
)  # fmt: skip
def test_a_repair_has_a_name_and_is_counted(action, payload, name, what):
    request, used = read(action, payload)

    assert used == [name]
    assert getattr(request, what[0]) == what[1]


@pytest.mark.parametrize(
    ("sample", "name", "what"),
    [
        ({"location": None}, "null_field", ("location", "Outlet")),
        ({"context": None}, "null_field", ("context", "Sample.Periodic")),
        ({"phase": "L4"}, "unknown_word", ("phase", None)),
        ({"unit": "Wm"}, "unknown_word", ("unit", None)),
        ({"unit": "KWH"}, "wrong_case", ("unit", "kWh")),
        ({"context": "Foo"}, "unknown_word", ("context", "Other")),
        ({"value": 5.5}, "number_for_text", ("value", "5.5")),
    ],
)
def test_a_repair_of_a_sample(sample, name, what):
    request, used = read("MeterValues", meter(**sample))

    assert used == [name]
    assert getattr(sampled(request), what[0]) == what[1]


def test_a_null_where_a_word_must_stand_takes_two_repairs():
    request, used = read("StatusNotification", {**STATUS, "errorCode": None})

    assert (request.error_code, used) == ("NoError", ["null_field", "missing_field"])


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("StatusNotification", {**STATUS, "status": None}, "OccurenceConstraintViolation"),
        ("StatusNotification", {**STATUS, "status": "Dancing"}, "PropertyConstraintViolation"),
        ("StatusNotification", {**STATUS, "connectorId": "one"}, "TypeConstraintViolation"),
        ("StatusNotification", {**STATUS, "connectorId": 1.4}, "TypeConstraintViolation"),
        ("StatusNotification", {**STATUS, "connectorId": True}, "TypeConstraintViolation"),
        ("StatusNotification", {**STATUS, "info": []}, "TypeConstraintViolation"),
        ("StatusNotification", {}, "OccurenceConstraintViolation"),
        ("StatusNotification", [], "FormationViolation"),
        ("StatusNotification", None, "FormationViolation"),
        ("Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation"),
        ("Authorize", {}, "OccurenceConstraintViolation"),
        ("StartTransaction", {**START, "meterStart": 2**70}, "PropertyConstraintViolation"),
        ("StopTransaction", {"transactionId": 1.5, "meterStop": 1, "timestamp": "x"},
         "TypeConstraintViolation"),
        ("MeterValues", {"connectorId": 1, "meterValue": []}, "OccurenceConstraintViolation"),
        ("MeterValues", {"connectorId": 1, "meterValue": [None]}, "TypeConstraintViolation"),
        ("MeterValues", meter(measurand="Joy"), "PropertyConstraintViolation"),
        ("DataTransfer", {"data": "x"}, "OccurenceConstraintViolation"),
        ("FirmwareStatusNotification", {"status": "Gone"}, "PropertyConstraintViolation"),
    ],
)  # fmt: skip
def test_what_cannot_be_mended_is_refused_with_the_code_of_1_6(action, payload, code):
    with pytest.raises(Unrepairable) as refusal:
        read(action, payload)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("StatusNotification", {**STATUS, "color": "red"}, "FormationViolation"),
        ("StatusNotification", {**STATUS, "connectorId": "1"}, "TypeConstraintViolation"),
        ("StatusNotification", {"connectorId": 1}, "OccurenceConstraintViolation"),
        ("StatusNotification", {**STATUS, "info": "x" * 60}, "PropertyConstraintViolation"),
        ("StatusNotification", {**STATUS, "timestamp": "2026-05-31T12:00:00"},
         "PropertyConstraintViolation"),
        ("StatusNotification", [], "FormationViolation"),
    ],
)  # fmt: skip
def test_nothing_is_mended_for_a_strict_station(action, payload, code):
    with pytest.raises(Unrepairable) as refusal:
        read(action, payload, strict=True)

    assert refusal.value.code == code


def test_a_strict_station_that_keeps_to_the_rules_is_understood():
    request, used = read("BootNotification", BOOT, strict=True)

    assert (request.charge_point_vendor, used) == ("V", [])


@pytest.mark.parametrize("depth", [40, 400, 900, 28_000])
@pytest.mark.parametrize("action", ["DataTransfer", "StatusNotification"])
def test_deep_nesting_is_refused_and_breaks_nothing(action, depth):
    raw = msgspec.Raw(b'{"vendorId":' + b"[" * depth + b"]" * depth + b"}")

    with pytest.raises(Unrepairable) as refusal:
        decode(action, raw, NOW, strict=False)

    assert refusal.value.code == "FormationViolation"


def test_the_actions_are_those_of_the_specification_without_their_answers():
    assert {"Heartbeat", "RemoteStartTransaction", "SignCertificate"} < ACTIONS
    assert [name for name in ACTIONS if name.endswith("Response")] == []
