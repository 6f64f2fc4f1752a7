"""Which gateways live; what becomes of the stations of one that died."""

from datetime import datetime, timedelta

from django.db import transaction

from cpms.kernel import events
from stations.events import StationDisconnected
from stations.models import Gateway, StationConnection

DEAD_AFTER = timedelta(seconds=20)


def gateway_alive(*, name: str, now: datetime) -> None:
    """A gateway says that it lives."""
    Gateway.objects.update_or_create(
        name=name, defaults={"alive_at": now}, create_defaults={"alive_at": now, "started_at": now}
    )


@transaction.atomic
def forget_dead_gateways(*, now: datetime) -> int:
    """Take the stations of gateways that were not heard of for a while as disconnected."""
    alive = Gateway.objects.filter(alive_at__gt=now - DEAD_AFTER).values("name")
    orphans = (
        StationConnection.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(connected_at__isnull=False, disconnected_at=None)
        .exclude(gateway__in=alive)
        .select_related("station")
    )
    found = list(orphans)
    StationConnection.objects.filter(pk__in=[link.pk for link in found]).update(disconnected_at=now)
    for link in found:
        events.publish(StationDisconnected(link.station_id, link.station.location_id))
    Gateway.objects.filter(alive_at__lt=now - timedelta(days=1)).delete()
    return len(found)
