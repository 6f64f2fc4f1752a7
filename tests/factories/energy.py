"""Supply and batteries of a location for tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import factory

from energy.models import Battery, EnergyPrice, PriceList, SupplyContract, SupplySource
from tests.factories.stations import LocationFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class SupplySourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SupplySource

    location = factory.SubFactory(LocationFactory)
    name = factory.Sequence(lambda n: f"Source {n}")
    import_limit_kw = 100.0


class PriceListFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PriceList

    name = factory.Sequence(lambda n: f"Zone {n}")


class EnergyPriceFactory(factory.django.DjangoModelFactory):
    """For the hour from noon on."""

    class Meta:
        model = EnergyPrice

    price_list = factory.SubFactory(PriceListFactory)
    starts_at = NOON
    ends_at = factory.LazyAttribute(lambda one: one.starts_at + HOUR)
    price_kwh = Decimal("0.100000")
    origin = "tests"
    received_at = NOON


class SupplyContractFactory(factory.django.DjangoModelFactory):
    """`spot=True`: by a price list."""

    class Meta:
        model = SupplyContract

    class Params:
        spot = factory.Trait(
            kind="SPOT", price_kwh=None, price_list=factory.SubFactory(PriceListFactory)
        )

    source = factory.SubFactory(SupplySourceFactory)
    kind = "FLAT"
    price_kwh = Decimal("0.200000")
    valid_from = NOON - timedelta(days=30)


class BatteryFactory(factory.django.DjangoModelFactory):
    """Healthy, half full, at rest; nobody answers at its address."""

    class Meta:
        model = Battery

    location = factory.SubFactory(LocationFactory)
    name = factory.Sequence(lambda n: f"Battery {n}")
    capacity_kwh = 200.0
    charge_kw = 100.0
    discharge_kw = 100.0
    host = "127.0.0.1"
    port = factory.Sequence(lambda n: 10_000 + n)
    sign = 1
    soc = 0.5
    energy_kwh = 100.0
    power_kw = 0.0
    read_at = factory.LazyFunction(lambda: datetime.now(UTC))
    out_of_plan = ""
