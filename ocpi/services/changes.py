"""From what changed to what is owed to whom.

Triggers wrote a `Change` in the transaction of each change (docs/adr/0010); here each becomes
an `OwedPush` for every partner that may see the object. Where it changes what can be booked, it is
the calendars, drawn up anew, that are owed.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from booking.enums import SessionStatus
from booking.models import Cdr, ChargingSession
from ocpi.enums import Module, PartnerState, ProfileKind
from ocpi.models import Booking, OwedPush, Partner, PartnerCommand
from ocpi.selectors import PartyKey, parties_of
from ocpi.services.calendars import draw_up
from ocpi.services.resync import owe
from stations.enums import CommandStatus
from stations.models import Connector, Evse

MOST = 5000
MOST_DRAWN = 50  # notes at a look: at midnight all calendars of a country are due
QUIET_DC = timedelta(seconds=60)
QUIET_AC = timedelta(minutes=5)

TAKE = """
DELETE FROM ocpi_change WHERE id IN (
    SELECT id FROM ocpi_change WHERE due_at <= %s AND (subject = 'bookable') = %s
    ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING subject, object_id
"""


def spread_changes(*, now: datetime) -> int:
    """Turn changes into debts to partners; each batch in one transaction. Calendars come last and
    a few at a time, so that no other news waits for them. Returns how many changes were taken."""
    taken = 0
    while batch := _spread_some(now):
        taken += batch
        if batch < MOST:
            break
    return taken + _draw_some(now)


@transaction.atomic
def _draw_some(now: datetime) -> int:
    noted = _taken(now, MOST_DRAWN, are_bookable=True)
    drawn = draw_up(location_ids=_numbers({object_id for _, object_id in noted}), now=now)
    if drawn:
        _owe_all(_partners(), Module.BOOKING_LOCATIONS, drawn, now)
    return len(noted)


@transaction.atomic
def _spread_some(now: datetime) -> int:
    rows = _taken(now, MOST, are_bookable=False)
    if not rows:
        return 0
    changed: dict[str, set[str]] = defaultdict(set)
    for subject, object_id in rows:
        changed[subject].add(object_id)
    partners = _partners()
    if partners:
        _owe_all(partners, Module.LOCATIONS, _locations_in(changed), now)
        _owe_all(partners, Module.TARIFFS, changed["tariff"], now)
        _owe_owners(partners, Module.SESSIONS, _owners_of_sessions(changed["session"]), now)
        _owe_owners(partners, Module.CDRS, _owners_of_cdrs(changed["cdr"]), now)
        _owe_owners(partners, Module.BOOKINGS, _owners_of_bookings(changed), now)
        _owe_setters(partners, changed["profile"], now)
    return len(rows)


def _taken(now: datetime, most: int, *, are_bookable: bool) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [now, are_bookable, most])
        taken: list[tuple[str, str]] = cursor.fetchall()
    return taken


def owe_progress(*, now: datetime) -> int:
    """Owe running sessions again whose partners have heard nothing for a while: a minute at a
    DC connector, five elsewhere. Only kWh and cost move then; a start, a stop or another status
    is owed at once. Returns how many."""
    known = OwedPush.objects.filter(module=Module.SESSIONS, due_at=None)
    running = ChargingSession.objects.annotate(text=Cast("pk", CharField())).filter(
        text=OuterRef("object_id"), status=SessionStatus.ACTIVE
    )
    fast = running.filter(evse__connectors__power_type="DC")
    slow_due = known.filter(Exists(running), delivered_at__lt=now - QUIET_AC)
    fast_due = known.filter(Exists(fast), delivered_at__lt=now - QUIET_DC)
    return sum(due.update(due_at=now, owed_since=now) for due in (slow_due, fast_due))


def _partners() -> list[Partner]:
    """Whom we roam with; a suspended partner is owed what it misses."""
    return list(
        Partner.objects.filter(state__in=[PartnerState.CONNECTED, PartnerState.SUSPENDED])
        .prefetch_related("parties")
        .order_by("pk")
    )


def _locations_in(changed: dict[str, set[str]]) -> set[str]:
    """Keys of the locations that hold what changed."""
    of_stations = Evse.objects.filter(station__in=_numbers(changed["station"]))
    of_evses = Evse.objects.filter(pk__in=_numbers(changed["evse"]))
    of_connectors = Connector.objects.filter(pk__in=_numbers(changed["connector"]))
    return {
        *changed["location"],
        *(str(pk) for pk in of_stations.values_list("location", flat=True)),
        *(str(pk) for pk in of_evses.values_list("location", flat=True)),
        *(str(pk) for pk in of_connectors.values_list("evse__location", flat=True)),
    }


def _numbers(texts: Iterable[str]) -> list[int]:
    return [int(text) for text in texts]


Owners = dict[PartyKey, set[str]]


def _owners_of_sessions(ids: Iterable[str]) -> Owners:
    sessions = ChargingSession.objects.filter(pk__in=[UUID(text) for text in ids])
    return _by_owner(
        sessions.values_list("pk", "token__country_code", "token__party_id").order_by()
    )


def _owners_of_cdrs(ids: Iterable[str]) -> Owners:
    cdrs = Cdr.objects.filter(pk__in=[UUID(text) for text in ids])
    return _by_owner(cdrs.values_list("pk", "country_code", "party_id").order_by())


def _owners_of_bookings(changed: dict[str, set[str]]) -> Owners:
    """Of the bookings that changed, or whose reservations did."""
    bookings = Booking.objects.filter(
        Q(pk__in=[UUID(text) for text in changed["booking"]])
        | Q(reservation__in=_numbers(changed["reservation"]))
    )
    return _by_owner(bookings.values_list("pk", "country_code", "party_id").order_by())


def _by_owner(rows: Iterable[tuple[UUID, str | None, str | None]]) -> Owners:
    """Ids by the party whose token it was; a token of our own is nobody's news."""
    found: Owners = defaultdict(set)
    for pk, country_code, party_id in rows:
        if country_code and party_id:
            found[country_code.upper(), party_id.upper()].add(str(pk))
    return found


def _owe_all(partners: list[Partner], module: str, ids: set[str], now: datetime) -> None:
    for partner in partners:
        owe(partner=partner, module=module, object_ids=sorted(ids), now=now)


def _owe_owners(partners: list[Partner], module: str, owners: Owners, now: datetime) -> None:
    for partner in partners:
        ids = {pk for key in parties_of(partner) for pk in owners.get(key, ())}
        owe(partner=partner, module=module, object_ids=sorted(ids), now=now)


def _owe_setters(partners: list[Partner], session_ids: Iterable[str], now: datetime) -> None:
    """What stations plan, to those alone whose profile the station took once (§14.2.2.2)."""
    set_once = PartnerCommand.objects.filter(
        session__in=[UUID(text) for text in session_ids],
        kind=ProfileKind.SET_PROFILE,
        station_command__status=CommandStatus.ACCEPTED,
    )
    setters: dict[int, set[str]] = defaultdict(set)
    for partner_id, session_id in set_once.values_list("partner", "session").order_by():
        setters[partner_id].add(str(session_id))
    for partner in partners:
        ids = sorted(setters[partner.pk])
        owe(partner=partner, module=Module.CHARGING_PROFILES, object_ids=ids, now=now)
