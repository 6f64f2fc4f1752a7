"""A small network for pages to show."""

from datetime import UTC, datetime, timedelta

from booking.models import ChargingSession
from stations.models import RefusedConnection, StationConnection
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory, StationFactory

NOW = datetime.now(UTC)


def connect(station):
    StationConnection.objects.filter(station=station).update(connected_at=NOW, last_seen_at=NOW)


def refused(identity):
    RefusedConnection.objects.create(
        identity=identity, remote_address="192.0.2.7", status=404, first_at=NOW, last_at=NOW
    )


def busy_station(identity="CP001", evses=1, location=None):
    """A connected station; each of its EVSEs has a plug and a running session."""
    station = StationFactory(identity=identity, location=location or LocationFactory())
    connect(station)
    for number in range(1, evses + 1):
        evse = EvseFactory(
            station=station, number=number, uid=f"{identity}-{number}", status="Charging"
        )
        ConnectorFactory(evse=evse)
        ChargingSession.objects.create(
            evse=evse,
            id_token="04A1B2C3",
            started_at=NOW - timedelta(minutes=number),
            meter_start_wh=0,
            energy_wh=1500,
            power_w=11_000,
            soc_percent=40,
        )
    return station
