"""Supply of a location for tests: a source of 100 kW with a contract at one price."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import factory

from energy.models import EnergyPrice, PriceList, SupplyContract, SupplySource
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
