"""Dynamic tariffs: the formula, its publication, what sessions keep."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from energy import services
from energy.domain.pricing import Formula, elements_of
from energy.domain.supply import Price
from energy.errors import BadSupply, SupplyExists
from energy.models import DynamicTariff
from tariffs.domain.places import Place
from tariffs.models import Tariff, TariffAssignment
from tests.factories.energy import SupplyContractFactory, SupplySourceFactory
from tests.factories.stations import LocationFactory
from tests.factories.tariffs import TariffFactory

TODAY = date(2026, 6, 1)
AFTERNOON = datetime(2026, 6, 1, 12, tzinfo=UTC)  # 14:00 at the location
HOUR = timedelta(hours=1)
FORMULA = Formula(
    margin=Decimal("0.10"), margin_percent=Decimal(10), floor=Decimal("0.15"),
    ceiling=Decimal("0.50"), efficiency=Decimal("0.8"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("cost", "price"),
    [("0.10", "0.25"), ("0.16", "0.33"), ("0", "0.15"), ("-0.5", "0.15"), ("9", "0.50")],
)
def test_the_formula(cost, price):
    assert FORMULA.price(Decimal(cost)) == Decimal(price)


def test_a_price_moves_no_further_than_it_may_and_bounds_hold_all_the_same():
    careful = Formula(
        margin=Decimal(0), margin_percent=Decimal(0), floor=Decimal("0.30"),
        ceiling=Decimal("0.50"), largest_change=Decimal("0.05"), efficiency=Decimal(1),
    )  # fmt: skip
    before = [Decimal("0.40")] * 24

    prices = careful.prices([Decimal("0.1"), Decimal("0.41"), Decimal("0.9")], before)
    fallen = careful.price(Decimal("0.1"), Decimal("0.2"))

    assert prices == [Decimal("0.35"), Decimal("0.41"), Decimal("0.45")]
    assert fallen == Decimal("0.30")


def test_hours_of_one_price_are_one_element_and_days_unknown_have_the_mean():
    day = [Decimal("0.20")] * 20 + [Decimal("0.32")] * 4

    found = elements_of({TODAY: day}, Decimal(22))

    component = {"type": "ENERGY", "step_size": 1, "vat": 22.0}
    whole_day = {"start_date": "2026-06-01", "end_date": "2026-06-02"}
    assert found == [
        {
            "price_components": [{**component, "price": 0.2}],
            "restrictions": {**whole_day, "start_time": "00:00", "end_time": "20:00"},
        },
        {
            "price_components": [{**component, "price": 0.32}],
            "restrictions": {**whole_day, "start_time": "20:00", "end_time": "00:00"},
        },
        {"price_components": [{**component, "price": 0.22}]},
    ]


@pytest.fixture
def place(db):
    """A location on day-ahead prices: 0.10 by day, 0.20 from 18:00 on (local), planned."""
    location = LocationFactory(time_zone="Europe/Rome")
    contract = SupplyContractFactory(source=SupplySourceFactory(location=location), spot=True)
    begin = datetime(2026, 5, 31, 22, tzinfo=UTC)  # midnight at the location
    prices = [
        Price(begin + n * HOUR, begin + (n + 1) * HOUR, Decimal("0.2" if n % 24 >= 18 else "0.1"))
        for n in range(48)
    ]
    services.take_prices(
        price_list=contract.price_list, prices=prices, origin="feed", now=AFTERNOON
    )
    return location


def dynamic(location, **more):
    fields = {"ocpi_id": "DYN", "margin_kwh": Decimal("0.1"), "efficiency": Decimal(1), **more}
    return services.save_dynamic(dynamic=DynamicTariff(location=location, **fields), now=AFTERNOON)


def test_tomorrow_is_published_once_when_it_is_time(place):
    dynamic(place)
    services.dispatch(location=place, now=AFTERNOON)
    early = AFTERNOON - timedelta(minutes=1)

    done = [services.publish_due(now=at) for at in (early, early, AFTERNOON, AFTERNOON)]

    row = DynamicTariff.objects.get()
    tariff = Tariff.objects.get()
    assert done == [1, 0, 1, 0]  # today's, as nothing was published yet; then tomorrow's
    assert row.published_for == TODAY + timedelta(days=1)
    prices = [float(price) for price in row.days["2026-06-02"]]
    assert prices == [0.2] * 18 + [0.3] * 6
    assert [version.number for version in tariff.versions.order_by("number")] == [1, 2]
    assert [one.place for one in TariffAssignment.objects.all()] == [Place(location_id=place.pk)]
    newest = tariff.versions.get(number=2).body["elements"]
    assert [one.get("restrictions", {}).get("start_date") for one in newest] == [
        "2026-06-01", "2026-06-01", "2026-06-02", "2026-06-02", None,
    ]  # fmt: skip


def test_without_a_plan_nothing_is_published_and_the_reason_is_noted(place):
    dynamic(place)

    assert services.publish_due(now=AFTERNOON) == 0

    row = DynamicTariff.objects.get()
    assert row.note == "The location has no plan that reaches this day."
    assert not Tariff.objects.exists()


def test_selling_below_cost_is_noted(place):
    dynamic(place, floor_kwh=Decimal("0.05"), ceiling_kwh=Decimal("0.15"))
    services.dispatch(location=place, now=AFTERNOON)

    services.publish_due(now=AFTERNOON)

    note = DynamicTariff.objects.get().note
    assert note == "In 6 hours of 2026-06-02 energy is sold below what it costs."


def test_a_version_that_priced_a_session_is_not_touched(place):
    dynamic(place)
    services.dispatch(location=place, now=AFTERNOON)
    services.publish_due(now=AFTERNOON - timedelta(minutes=1))
    first = Tariff.objects.get().versions.get()
    said = first.body

    services.publish_due(now=AFTERNOON)

    first.refresh_from_db()
    assert first.body == said


@pytest.mark.parametrize(
    "fields",
    [{"floor_kwh": Decimal(1), "ceiling_kwh": Decimal("0.5")}, {"efficiency": Decimal(0)},
     {"largest_change_kwh": Decimal(0)}, {"vat": Decimal(101)}],
)  # fmt: skip
def test_a_formula_that_makes_no_sense_is_refused(db, fields):
    with pytest.raises(BadSupply):
        dynamic(LocationFactory(), **fields)

    assert not DynamicTariff.objects.exists()


def test_a_tariff_set_by_hand_stays_so(db):
    TariffFactory(ocpi_id="DYN")

    with pytest.raises(SupplyExists):
        dynamic(LocationFactory())
