"""OCPI documents for properties: tariffs and sessions as strange as their types allow."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tariffs.domain.charging_periods import DIMENSIONS
from tariffs.domain.model import KINDS, UNIT
from tariffs.domain.reading import WEEKDAYS

numbers = st.one_of(
    st.integers(0, 100),
    st.floats(0, 1000, allow_nan=False),
    st.sampled_from([0.1, 1e-9, 1e11, 0.3333, -0.0, -5, -1e11, 1e-30]),
)
volumes = st.one_of(st.floats(0, 100), st.integers(0, 24), st.sampled_from([0.3333, 1e-9, 1e5]))
wholes = st.integers(0, 10**6) | st.sampled_from([0, 1, 10**11, 3600.0])
clocks = st.times().map(lambda at: f"{at:%H:%M}") | st.just("00:00")
days = st.dates(datetime(2025, 1, 1).date(), datetime(2027, 1, 1).date()).map(str)


def partly(fields):
    """Objects with any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


def money():
    return st.fixed_dictionaries({"excl_vat": numbers}, optional={"incl_vat": numbers})


components = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(UNIT)), "price": numbers, "step_size": wholes},
    optional={"vat": st.sampled_from([0, 21, 5.2, 100])},
)
restrictions = partly(
    {
        "start_time": clocks,
        "end_time": clocks,
        "start_date": days,
        "end_date": days,
        "min_kwh": numbers,
        "max_kwh": numbers,
        "min_current": numbers,
        "max_current": numbers,
        "min_power": numbers,
        "max_power": numbers,
        "min_duration": wholes,
        "max_duration": wholes,
        "day_of_week": st.lists(st.sampled_from(WEEKDAYS), max_size=7),
        "reservation": st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES"]),
    }
)
elements = st.fixed_dictionaries(
    {"price_components": st.lists(components, min_size=1, max_size=4)},
    optional={"restrictions": restrictions},
)
tariffs = st.fixed_dictionaries(
    {
        "id": st.just("T"),
        "currency": st.just("EUR"),
        "elements": st.lists(elements, min_size=1, max_size=4),
    },
    optional={
        "type": st.sampled_from(sorted(KINDS)),
        "min_price": money(),
        "max_price": money(),
    },
)


@st.composite
def sessions(draw):
    """Charging periods in order; some have no length, some overlap a change of the clock."""
    at = datetime(2026, draw(st.sampled_from([3, 6, 10])), 25, 12, tzinfo=UTC)
    at += timedelta(seconds=draw(st.integers(0, 8 * 86_400)))
    dimensions = st.fixed_dictionaries(
        {"type": st.sampled_from(sorted(DIMENSIONS)), "volume": volumes}
    )
    begin, periods = at, []
    for _ in range(draw(st.integers(0, 4))):
        periods.append(
            {
                "start_date_time": at.isoformat(),
                "dimensions": draw(st.lists(dimensions, min_size=1, max_size=5)),
            }
        )
        at += timedelta(seconds=draw(st.sampled_from([0, 1, 59, 3600, 90_000])))
    return {
        "time_zone": draw(st.sampled_from(["Europe/Amsterdam", "UTC", "Pacific/Apia"])),
        "start_date_time": begin.isoformat(),
        "end_date_time": at.isoformat(),
        "charging_periods": periods,
    }
