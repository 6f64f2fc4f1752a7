"""A fleet for the measurements: stations with two EVSEs, one tariff, one token."""

from datetime import UTC, datetime
from decimal import Decimal

from django.conf import settings

from bench.load import ID_TAG, PASSWORD, identity
from booking.models import Token
from stations.domain.credentials import digest_of, new_salt
from stations.models import ChargingStation, Connector, Evse, Location, StationConnection
from tariffs.domain.places import Place
from tariffs.services import assign, save_tariff

TARIFF = {
    "country_code": "NL",
    "party_id": "EMA",
    "id": "BENCH",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.4, "step_size": 1}]}],
}


def seed(count: int, per_location: int | None = None) -> None:
    """So many stations; all at one location, or some at each."""
    now = datetime.now(UTC)
    each = per_location or count
    locations = Location.objects.bulk_create(
        Location(
            ocpi_id=f"BENCH{number or ''}", name="Bench", country_code="NL", party_id="EMA",
            address="Street 1", city="Delft", country="NLD", latitude=Decimal(52),
            longitude=Decimal(4), time_zone="Europe/Amsterdam",
        )
        for number in range(-(-count // each))
    )  # fmt: skip
    salt = new_salt()
    digest = digest_of(PASSWORD.encode(), salt, settings.SECRET_KEY)
    stations = ChargingStation.objects.bulk_create(
        ChargingStation(
            identity=identity(n), location=locations[n // each], key_salt=salt, key_digest=digest
        )
        for n in range(count)
    )
    StationConnection.objects.bulk_create(StationConnection(station=one) for one in stations)
    evses = Evse.objects.bulk_create(
        Evse(location=one.location, station=one, number=number, uid=f"{one.identity}-{number}")
        for one in stations
        for number in (1, 2)
    )
    Connector.objects.bulk_create(
        Connector(
            evse=evse, ocpi_id="1", standard="IEC_62196_T2", format="SOCKET",
            power_type="AC_3_PHASE", max_voltage=230, max_amperage=32,
        )
        for evse in evses
    )  # fmt: skip
    Token.objects.create(uid=ID_TAG)
    version, _ = save_tariff(body=TARIFF, now=now)
    assign([(version.tariff_id, Place(location_id=location.pk)) for location in locations])
