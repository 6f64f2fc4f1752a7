"""Owing objects to partners: the one way into the outbox."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from booking.enums import OPEN_RESERVATION, SessionStatus
from cpms.kernel import events
from cpms.kernel.arrays import texts
from ocpi import ports
from ocpi.enums import Module, PartnerState
from ocpi.errors import PartnerNotConnected
from ocpi.events import PartnerChanged
from ocpi.models import BookingLocation, OwedPush, Partner
from ocpi.selectors import bookings_of, cdrs_of, sessions_of
from stations.models import Location
from tariffs.models import Tariff

OWE = """
INSERT INTO ocpi_owedpush AS owed
    (partner_id, module, object_id, due_at, owed_since, revision, attempts, refused)
SELECT DISTINCT %(partner)s::bigint, %(module)s, object_id, %(now)s::timestamptz,
       %(now)s::timestamptz, 1, 0, ''
FROM unnest(%(ids)s::text[]) AS wanted (object_id)
ORDER BY object_id
ON CONFLICT (partner_id, module, object_id) DO
"""
AGAIN = """
UPDATE SET due_at = LEAST(owed.due_at, excluded.due_at), attempts = 0, revision = owed.revision + 1,
           owed_since = COALESCE(owed.owed_since, excluded.owed_since)
WHERE owed.module <> 'cdrs'
"""
ONLY_UNKNOWN = "NOTHING"


def owe(
    *,
    partner: Partner,
    module: str,
    object_ids: Iterable[str],
    now: datetime,
    only_unknown: bool = False,
) -> None:
    """Owe these objects to a partner that takes the module, in a version that has it. What is
    owed already is owed once more (coalesced); a CDR is owed once in its life."""
    ids, edition = list(object_ids), ports.editions().get(partner.version)
    if not ids or edition is None or module not in edition.told:
        return
    if partner.takes_at(module) is None:
        return
    statement = OWE + (ONLY_UNKNOWN if only_unknown else AGAIN)
    with connection.cursor() as cursor:
        cursor.execute(
            statement, {"partner": partner.pk, "module": module, "now": now, "ids": texts(ids)}
        )


@transaction.atomic
def owe_everything(*, partner: Partner, now: datetime, only_unknown: bool = False) -> None:
    """Owe a partner all that it should know: locations, tariffs, its running sessions, its
    CDRs, what can be booked, its open bookings. `only_unknown`: what it never was owed."""
    if not only_unknown:
        OwedPush.objects.filter(partner=partner).exclude(module=Module.CDRS).update(delivered=None)
    running = sessions_of(partner).filter(status=SessionStatus.ACTIVE)
    booked = bookings_of(partner).filter(reservation__status__in=OPEN_RESERVATION)
    bookable = BookingLocation.objects.order_by("created_at", "pk")
    everything = {
        Module.TARIFFS: Tariff.objects.order_by("pk").values_list("ocpi_id", flat=True),
        Module.LOCATIONS: Location.objects.order_by("pk").values_list("pk", flat=True),
        Module.SESSIONS: running.values_list("pk", flat=True),
        Module.CDRS: cdrs_of(partner).values_list("pk", flat=True),
        Module.BOOKING_LOCATIONS: bookable.values_list("pk", flat=True),
        Module.BOOKINGS: booked.values_list("pk", flat=True),
    }
    for module, ids in everything.items():
        owe(
            partner=partner,
            module=module,
            object_ids=[str(pk) for pk in ids],
            now=now,
            only_unknown=only_unknown,
        )


def ask_push(*, partner: Partner, full: bool, now: datetime) -> None:
    """Owe it what changed, with `full` everything, and let it be tried at once; whoever pushes
    does the rest. Raises PartnerNotConnected."""
    if partner.state != PartnerState.CONNECTED:
        raise PartnerNotConnected(name=partner.name)
    if full:
        owe_everything(partner=partner, now=now)
    hurry(partner=partner, now=now)
    events.publish(PartnerChanged(partner.pk))


def hurry(*, partner: Partner, now: datetime | None = None) -> None:
    """Try at once whatever is owed, the refused too: an operator asked for it."""
    at = now or timezone.now()
    owed = OwedPush.objects.filter(partner=partner)
    owed.exclude(due_at=None).update(due_at=at)
    owed.exclude(refused="").update(due_at=at, refused="", owed_since=at)
    Partner.objects.filter(pk=partner.pk).update(retry_at=None, failures=0)
