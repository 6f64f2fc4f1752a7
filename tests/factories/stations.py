"""Stations for tests. `StationFactory` goes through the services: it has a key and a
connection row; the key is its `password`."""

from datetime import UTC, datetime
from decimal import Decimal

import factory

from stations import services
from stations.models import ChargingStation, Connector, Evse, Location


class LocationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Location

    ocpi_id = factory.Sequence(lambda n: f"LOC{n}")
    country_code = "NL"
    party_id = "EMA"
    name = factory.Sequence(lambda n: f"Location {n}")
    address = "Stationsplein 1"
    city = "Delft"
    postal_code = "2611 BP"
    country = "NLD"
    latitude = Decimal("52.006000")
    longitude = Decimal("4.357000")
    time_zone = "Europe/Amsterdam"


class StationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ChargingStation

    identity = factory.Sequence(lambda n: f"CP{n:05d}")
    location = factory.SubFactory(LocationFactory)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        station = services.save_station(station=model_class(**kwargs), now=datetime.now(UTC))
        station.password = services.set_new_key(station=station)
        return station


class EvseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Evse

    station = factory.SubFactory(StationFactory)
    location = factory.LazyAttribute(lambda evse: evse.station.location)
    number = factory.Sequence(lambda n: n + 1)
    uid = factory.Sequence(lambda n: f"EVSE-{n}")
    status = "Available"


class ConnectorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Connector

    evse = factory.SubFactory(EvseFactory)
    ocpi_id = "1"
    standard = "IEC_62196_T2"
    format = "SOCKET"
    power_type = "AC_3_PHASE"
    max_voltage = 230
    max_amperage = 32
