"""In service, out of service: what the CPO wants, told to the station."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from cpms.kernel import events
from stations.enums import Availability, WhenOffline
from stations.errors import MaintenanceEndsBadly, UnknownStation
from stations.events import LocationChanged
from stations.models import Evse, StationCommand
from stations.services.commands import issue_command

LONGEST_MAINTENANCE = timedelta(days=3653)


@transaction.atomic
def change_availability(
    *,
    evse: Evse,
    availability: Availability,
    now: datetime,
    reason: str = "",
    until: datetime | None = None,
    issued_by: User | None = None,
) -> StationCommand:
    """Put an EVSE in or out of service (maintenance). A station that is away learns it when it
    is back. Raises UnknownStation for an EVSE that no station of ours drives, or
    MaintenanceEndsBadly."""
    if evse.station is None:
        raise UnknownStation(evse=evse.uid)
    if until is not None and not now < until <= now + LONGEST_MAINTENANCE:
        raise MaintenanceEndsBadly(until=until.isoformat())
    Evse.objects.filter(pk=evse.pk).update(
        availability=availability,
        availability_reason=reason,
        available_again_at=until,
        last_updated=now,
    )
    events.publish(LocationChanged(evse.location_id))
    return issue_command(
        station=evse.station,
        action="ChangeAvailability",
        payload={"connectorId": evse.number, "type": str(availability)},
        now=now,
        issued_by=issued_by,
        when_offline=WhenOffline.KEEP,
    )


@transaction.atomic
def mark_reserved(*, evse: Evse, is_reserved: bool, now: datetime) -> None:
    """Note that an EVSE is kept for somebody, or no longer is."""
    other = Evse.objects.filter(pk=evse.pk, is_reserved=not is_reserved)
    if other.update(is_reserved=is_reserved, last_updated=now):
        events.publish(LocationChanged(evse.location_id))


@transaction.atomic
def end_maintenance(*, now: datetime) -> int:
    """Put back what was out of service until now. Returns how many EVSEs."""
    due = Evse.objects.select_for_update(of=("self",), skip_locked=True).filter(
        availability=Availability.INOPERATIVE, available_again_at__lte=now, station__isnull=False
    )
    for evse in due.select_related("station"):
        change_availability(evse=evse, availability=Availability.OPERATIVE, now=now)
    return len(due)
