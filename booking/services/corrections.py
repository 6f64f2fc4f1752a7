"""Correcting a bill: a CDR never changes, it is credited, and mostly another takes its place
(OCPI 2.2.1 §10.1.1)."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from accounts.models import User
from booking.errors import BadCorrection, CdrCredited, CdrIsCredit
from booking.events import CdrIssued
from booking.models import Cdr, ChargingSession
from booking.services.cdr_periods import money_of, rfc3339
from booking.services.cdrs import ZERO, cdr_of
from booking.services.readings import readings_of
from cpms.kernel import events
from tariffs.models import TariffVersion
from tariffs.services import mark_used

AFTERWARDS = timedelta(milliseconds=1)  # lists show the credit first
MOST_WH = 100_000_000
LONGEST_REASON = 255
ISSUER_UNKNOWN = "Whose token it was became known after the end."
SESSIONS = ChargingSession.objects.select_related(
    "evse__location", "evse__station", "token", "tariff_version", "reservation"
)


@dataclass(frozen=True, slots=True)
class Correction:
    """What should have been billed; what is None was right. `version`: what the tariff should
    have said."""

    energy_wh: int | None = None
    ended_at: datetime | None = None
    version: TariffVersion | None = None

    @property
    def is_empty(self) -> bool:
        return self == Correction()


def corrected(*, cdr: Cdr, correction: Correction, now: datetime) -> Cdr:
    """What `correct_cdr` would put in the CDR's place; nothing is stored. Raises the same."""
    _require_change(correction)
    return _right(_session_of(cdr, SESSIONS), cdr, correction, now)


@transaction.atomic
def correct_cdr(
    *, cdr: Cdr, correction: Correction, reason: str, now: datetime, by: User | None = None
) -> tuple[Cdr, Cdr]:
    """Credit a CDR and issue the right one. Returns both. Raises CdrIsCredit, CdrCredited or
    BadCorrection."""
    _require_change(correction)
    return _replaced(cdr, correction, reason, now, by)


@transaction.atomic
def bill_issuer(*, session: ChargingSession, now: datetime) -> None:
    """Make the bill of an ended session out to its token's issuer, who is known only now: the one
    that stands, which nobody was told of, is credited, and another takes its place."""
    stands = session.cdr
    if stands is not None:
        _replaced(stands, Correction(), ISSUER_UNKNOWN, now, None)


def _replaced(
    cdr: Cdr, correction: Correction, reason: str, now: datetime, by: User | None
) -> tuple[Cdr, Cdr]:
    session = _locked(cdr)
    credit = _credit(cdr, reason, now, by)
    right = _right(session, cdr, correction, now + AFTERWARDS)
    right.replaces, right.issued_by = cdr, by
    right.body["remark"] = reason
    _store(right)
    if right.tariff_version is not None:
        mark_used(version=right.tariff_version, now=now)
    _say_cost(session, right.total_excl_vat, right.currency)
    return credit, right


@transaction.atomic
def void_cdr(*, cdr: Cdr, reason: str, now: datetime, by: User | None = None) -> Cdr:
    """Credit a CDR that nothing takes the place of. Raises CdrIsCredit, CdrCredited or
    BadCorrection."""
    session = _locked(cdr)
    credit = _credit(cdr, reason, now, by)
    _say_cost(session, ZERO, cdr.currency)
    return credit


def _require_change(correction: Correction) -> None:
    if correction.is_empty:
        raise BadCorrection("It says nothing that was wrong.")


def _locked(cdr: Cdr) -> ChargingSession:
    """The CDR's session, to one correction at a time."""
    return _session_of(cdr, SESSIONS.select_for_update(of=("self",), no_key=True))


def _session_of(cdr: Cdr, sessions: QuerySet[ChargingSession]) -> ChargingSession:
    """Raises CdrIsCredit or CdrCredited: it is not the one that holds."""
    session = sessions.get(pk=cdr.session_id)
    if cdr.is_credit:
        raise CdrIsCredit(cdr_id=str(cdr.pk))
    if Cdr.objects.filter(credits=cdr).exists():
        raise CdrCredited(cdr_id=str(cdr.pk))
    return session


def _credit(cdr: Cdr, reason: str, now: datetime, by: User | None) -> Cdr:
    """All that the original says, its cost taken back."""
    if not 0 < len(reason) <= LONGEST_REASON or not reason.isprintable():
        raise BadCorrection(_("reason: one line of at most %(most)d letters"), most=LONGEST_REASON)
    excl_vat = -cdr.total_excl_vat
    incl_vat = None if cdr.total_incl_vat is None else -cdr.total_incl_vat
    credit = Cdr(
        id=uuid4(),
        session_id=cdr.session_id,
        credits=cdr,
        country_code=cdr.country_code,
        party_id=cdr.party_id,
        issued_by=by,
        started_at=cdr.started_at,
        ended_at=cdr.ended_at,
        energy_wh=-cdr.energy_wh,
        currency=cdr.currency,
        total_excl_vat=excl_vat,
        total_incl_vat=incl_vat,
        issued_at=now,
    )
    changed: dict[str, Any] = {
        "id": str(credit.pk),
        "total_cost": money_of(excl_vat, incl_vat),
        "credit": True,
        "credit_reference_id": cdr.body["id"],
        "remark": reason,
        "last_updated": rfc3339(now),
    }
    credit.body = {**cdr.body, **changed}
    _store(credit)
    return credit


def _right(session: ChargingSession, cdr: Cdr, correction: Correction, now: datetime) -> Cdr:
    """The CDR as it should have been: from the last one, and what is known to be wrong in it.
    The session itself stays what the station said of it."""
    bill = copy(session)
    bill.energy_wh = _energy(session, cdr, correction)
    bill.ended_at = _end(session, cdr, correction, now)
    bill.tariff_version = correction.version or cdr.tariff_version or session.tariff_version
    right = cdr_of(bill, now, readings_of([bill], now)[bill.pk])
    right.session, right.tariff_version = session, bill.tariff_version
    return right


def _energy(session: ChargingSession, cdr: Cdr, correction: Correction) -> int:
    if correction.energy_wh is None:
        return cdr.energy_wh
    if session.is_only_reserved:
        raise BadCorrection(_("energy: no car came, so none was delivered"))
    if not 0 <= correction.energy_wh <= MOST_WH:
        raise BadCorrection(_("energy: from 0 to %(most)d kWh"), most=MOST_WH // 1000)
    return correction.energy_wh


def _end(session: ChargingSession, cdr: Cdr, correction: Correction, now: datetime) -> datetime:
    if correction.ended_at is None:
        return cdr.ended_at
    if not session.started_at <= correction.ended_at <= now:
        raise BadCorrection(_("end: after the start, and not in the future"))
    return correction.ended_at


def _say_cost(session: ChargingSession, excl_vat: Decimal, currency: str) -> None:
    """What lists of sessions show is what holds; partners read it from the CDRs."""
    ChargingSession.objects.filter(pk=session.pk).update(total_cost=excl_vat, currency=currency)


def _store(cdr: Cdr) -> None:
    cdr.save(force_insert=True)
    events.publish(CdrIssued(cdr.pk, cdr.session_id))
