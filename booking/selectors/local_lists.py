"""Local authorization lists of stations, as they were accepted."""

from django.db.models import QuerySet

from booking.models import LocalList
from stations.models import ChargingStation


def local_lists() -> QuerySet[LocalList]:
    return LocalList.objects.select_related("station").order_by("station__identity")


def local_list_of(station: ChargingStation) -> LocalList:
    """The station's; one that never had any has an empty one, which is not stored."""
    return local_lists().filter(pk=station.pk).first() or LocalList(station=station)
