"""Where energy came from: nothing is lost on the way that is not said to be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.domain.flows import flow_of
from energy.domain.tracing import UNKNOWN, Amount, Quarter, Tracer, total, trace_all

NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
kwh = st.floats(0, 100)
amounts = st.builds(Amount, kwh, st.floats(-10, 30), st.floats(0, 40_000))
inflows = st.dictionaries(st.sampled_from(["A", "B", "Photovoltaics"]), amounts)
quarters = st.builds(Quarter, inflow=inflows, charged=kwh, discharged=kwh, vehicles=kwh,
                     exported=kwh)  # fmt: skip


def amount(kwh=0.0, cost=0.0, co2_g=0.0):
    return pytest.approx((kwh, cost, co2_g), abs=1e-6)


def figures(one):
    return (one.kwh, one.cost, one.co2_g)


def test_what_vehicles_take_is_mixed_as_what_comes_in():
    mix = {"A": Amount(6, 0.6, 600), "Photovoltaics": Amount(2)}

    found = Tracer(0.95).trace(Quarter(mix, vehicles=8))

    assert found.to_vehicles == mix
    assert total(found.lost).kwh == pytest.approx(0)


def test_energy_from_the_battery_bears_its_origin_with_the_losses_booked_to_it():
    tracer = Tracer(0.9)

    charging = tracer.trace(Quarter({"A": Amount(10, 1.0, 1000)}, charged=10))
    giving = tracer.trace(Quarter({}, discharged=8.1, vehicles=8.1))

    assert figures(charging.lost["A"]) == amount(1, 0.1, 100)
    assert figures(giving.to_vehicles["A"]) == amount(8.1, 0.81, 810)
    assert figures(giving.lost["A"]) == amount(0.9, 0.09, 90)
    assert total(tracer.stock).kwh == pytest.approx(0)


def test_the_battery_gives_by_weighted_average():
    tracer = Tracer(1.0)
    tracer.trace(Quarter({"A": Amount(30, 3)}, charged=30))
    tracer.trace(Quarter({"Photovoltaics": Amount(10)}, charged=10))

    found = tracer.trace(Quarter({}, discharged=4, vehicles=4))

    assert figures(found.to_vehicles["A"]) == amount(3, 0.3)
    assert figures(found.to_vehicles["Photovoltaics"]) == amount(1)


def test_what_was_in_the_battery_before_is_of_unknown_origin():
    found = Tracer(1.0).trace(Quarter({}, discharged=5, vehicles=5))

    assert found.to_vehicles == {UNKNOWN: Amount(5)}


def test_what_no_vehicle_took_is_the_sites_own_use():
    found = Tracer(1.0).trace(Quarter({"A": Amount(10)}, vehicles=9))

    assert (found.to_vehicles["A"].kwh, found.lost["A"].kwh) == pytest.approx((9, 1))


@given(st.lists(quarters, max_size=12), st.floats(0.5, 1))
def test_energy_cost_and_co2_are_conserved(course, efficiency):
    tracer = Tracer(efficiency)

    traced = trace_all(tracer, course)

    came = [
        sum(values) for values in zip(*(figures(total(one.inflow)) for one in course), strict=True)
    ]
    went = [total(tracer.stock)]
    for one in traced:
        went += [total(one.to_vehicles), total(one.lost), total(one.exported)]
    unknown = sum(
        mix[UNKNOWN].kwh
        for one in traced
        for mix in (one.to_vehicles, one.lost, one.exported)
        if UNKNOWN in mix
    ) + (tracer.stock.get(UNKNOWN, Amount()).kwh)
    gone = [sum(values) for values in zip(*map(figures, went), strict=True)]
    assert gone[0] - unknown == pytest.approx((came or [0, 0, 0])[0], abs=1e-6)
    assert gone[1:] == pytest.approx((came or [0, 0, 0])[1:], abs=1e-4)


@given(st.lists(quarters, max_size=12), st.floats(0.5, 1))
def test_vehicles_get_what_their_meters_say(course, efficiency):
    traced = trace_all(Tracer(efficiency), course)

    assert [total(one.to_vehicles).kwh for one in traced] == pytest.approx(
        [one.vehicles for one in course], abs=1e-6
    )


def test_a_counter_is_shared_among_quarters_by_time():
    readings = [(NOON - 5 * MINUTE, 0.0), (NOON + 10 * MINUTE, 3.0), (NOON + 30 * MINUTE, 7.0)]

    found = flow_of(readings, NOON, 2)

    assert (found.kwh, found.estimated) == (pytest.approx([3, 3]), False)


@pytest.mark.parametrize(
    ("readings", "kwh"),
    [
        ([], [0, 0]),
        ([(0, 0.0), (12, 3.0)], [3, 0]),  # ends before the quarters do
        ([(0, 9.0), (15, 2.0), (30, 5.0)], [0, 3]),  # began anew
        ([(0, 0.0), (30, 4.0)], [2, 2]),
        ([(-60, 0.0), (30, 6.0)], [1, 1]),  # a long gap
    ],
)
def test_what_is_not_read_is_estimated(readings, kwh):
    found = flow_of([(NOON + at * MINUTE, value) for at, value in readings], NOON, 2)

    is_whole = [at for at, _ in readings] == [0, 30]
    assert (found.kwh, found.estimated) == (pytest.approx(kwh), not is_whole)


@given(st.lists(st.tuples(st.integers(-600, 900), st.floats(0, 50)), min_size=2, max_size=20,
                unique_by=lambda one: one[0]))  # fmt: skip
def test_no_energy_appears_between_readings(steps):
    level, readings = 0.0, []
    for at, rise in sorted(steps):
        level += rise
        readings.append((NOON + at * MINUTE, level))

    found = flow_of(readings, NOON - 600 * MINUTE, 100)

    assert sum(found.kwh) == pytest.approx(readings[-1][1] - readings[0][1])
