from datetime import UTC, datetime, timedelta

import pytest

from ocpp_gateway.v16.messages import MeterValue, SampledValue
from ocpp_gateway.v16.readings import readings_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AT = NOW - timedelta(minutes=1)
REGISTER, POWER = "Energy.Active.Import.Register", "Power.Active.Import"


def reading(*samples, measured_at=AT, content=b"{}"):
    (found,) = readings_of(
        [MeterValue(measured_at, list(samples))],
        content=content,
        station_id=7,
        epoch=3,
        evse_number=1,
        reference="99",
        now=NOW,
    )
    return found


@pytest.mark.parametrize(
    ("sample", "column", "value"),
    [
        (SampledValue("1234"), "energy_wh", 1234),
        (SampledValue("1.2345", unit="kWh"), "energy_wh", 1234),
        (SampledValue("7.4", measurand=POWER, unit="kW"), "power_w", 7400),
        (SampledValue("55.4", measurand="SoC"), "soc_percent", 55),
        (SampledValue("16.5", measurand="Current.Import", phase="L1"), "current_l1_a", 16.5),
        (SampledValue("16.5", measurand="Current.Import"), "current_l1_a", 16.5),
        (SampledValue("15", measurand="Current.Import", phase="L3"), "current_l3_a", 15.0),
        (SampledValue("230.1", measurand="Voltage", phase="L2-N"), "voltage_l2_v", 230.1),
    ],
)
def test_a_common_measurand_goes_into_its_column(sample, column, value):
    found = reading(sample)

    assert (getattr(found, column), found.other) == (value, None)


@pytest.mark.parametrize(
    "sample",
    [
        SampledValue("ten"),
        SampledValue(""),
        SampledValue("NaN"),
        SampledValue("1e999"),
        SampledValue("9" * 400),
        SampledValue("1e30"),
        SampledValue("abcd", format="SignedData"),
        SampledValue("5", location="Inlet"),
        SampledValue("120", measurand="SoC"),
        SampledValue("1e12", measurand=POWER),
        SampledValue("50", measurand="Frequency"),
        SampledValue("7", phase="L1"),
    ],
)
def test_what_no_column_can_hold_is_kept_beside(sample):
    found = reading(sample)

    columns = (found.energy_wh, found.power_w, found.soc_percent, found.current_l1_a)
    assert columns == (None, None, None, None)
    assert [entry["value"] for entry in found.other] == [sample.value]


def test_phase_powers_are_added_unless_the_total_is_told():
    phases = [SampledValue("1000", measurand=POWER, phase=f"L{number}") for number in (1, 2, 3)]

    assert reading(*phases).power_w == 3000
    assert reading(*phases, SampledValue("2900", measurand=POWER)).power_w == 2900


def test_the_same_content_is_the_same_row_and_other_content_another():
    same = [reading(SampledValue("5"), content=b"one").content_hash for _ in range(2)]

    assert same[0] == same[1] != reading(SampledValue("5"), content=b"two").content_hash


def test_values_of_one_request_are_different_rows_and_whose_they_are_is_said():
    values = [MeterValue(AT, [SampledValue("5", context="Trigger")])] * 2
    values.insert(1, MeterValue(AT, []))
    found = readings_of(
        values, content=b"x", station_id=7, epoch=3, evse_number=2, reference=None, now=NOW
    )

    assert len({one.content_hash for one in found}) == 2
    assert [(one.station_id, one.epoch, one.evse_number, one.context) for one in found] == [
        (7, 3, 2, 6)
    ] * 2
    assert [(one.measured_at, one.received_at) for one in found] == [(AT, NOW)] * 2


@pytest.mark.parametrize("measured_at", [datetime(1970, 1, 1, tzinfo=UTC), NOW + timedelta(days=1)])
def test_a_clock_that_cannot_be_right_is_replaced_by_ours(measured_at):
    assert reading(SampledValue("5"), measured_at=measured_at).measured_at == NOW
