"""A station ended a transaction: from a StopTransaction to a bill.

Only the station that began a transaction can end it: every look-up bears the station's key.
"""

from datetime import datetime

from django.db import transaction

from booking.domain.facts import TransactionStop
from booking.domain.plausibility import energy_between
from booking.enums import Flag, SessionStatus
from booking.models import ChargingSession, Transaction, UnmatchedStop
from booking.services.ending import end_session
from stations.models import Evse

NO_REFERENCE = frozenset({"-1", "0"})  # 1.6 errata 3.18: no StartTransaction.conf was received


@transaction.atomic
def stop_one(fact: TransactionStop, now: datetime) -> None:
    """Store that a transaction ended; the same fact again changes nothing. A stop whose
    transaction is unknown is kept until its start comes."""
    stopped = _transaction_of(fact, now)
    if stopped is None:
        _keep_unmatched(fact, now)
    else:
        _stop(stopped, fact, now)


def evse_number_of(*, station_id: int, reference: str) -> int | None:
    """At which EVSE a station's transaction runs or ran; None: it has no such transaction."""
    found = Transaction.objects.filter(station_id=station_id, reference=reference)
    return found.values_list("evse_number", flat=True).first()


def _transaction_of(fact: TransactionStop, now: datetime) -> Transaction | None:
    """The station's transaction of that reference; for "-1" its only open one."""
    own = Transaction.objects.filter(station_id=fact.station_id).select_related("session")
    if fact.reference not in NO_REFERENCE:
        return own.filter(reference=fact.reference).first()
    candidates = own.filter(
        session__status=SessionStatus.ACTIVE,
        started_at__lte=max(fact.stopped_at, now),
        meter_start_wh__lte=fact.meter_stop_wh,
    )
    if fact.id_token:
        candidates = candidates.filter(id_token__iexact=fact.id_token)
    found = list(candidates[:2])
    return found[0] if len(found) == 1 else None


def _stop(stopped: Transaction, fact: TransactionStop, now: datetime) -> None:
    Evse.objects.select_for_update(no_key=True).get(pk=stopped.session.evse_id)
    session = (
        ChargingSession.objects.select_for_update(of=("self",))
        .select_related("evse__location", "tariff_version", "token")
        .get(pk=stopped.session_id)
    )
    if session.status == SessionStatus.ACTIVE:
        end_session(session=session, fact=fact, now=now)
        Transaction.objects.filter(pk=stopped.pk).update(stopped_at=fact.stopped_at)
    elif stopped.stopped_at is None:
        _keep_late_stop(session, stopped, fact, now)
    elif _contradicts(session, stopped, fact):
        _flag(session, Flag.STOP_CONTRADICTED, now)


def _keep_late_stop(
    session: ChargingSession, stopped: Transaction, fact: TransactionStop, now: datetime
) -> None:
    """The stop of a session that we had closed without it. Its CDR stands (it never changes);
    if the stop names other energy, a person is told, and a credit CDR can correct it."""
    Transaction.objects.filter(pk=stopped.pk).update(stopped_at=fact.stopped_at)
    energy_wh, _ = energy_between(session.meter_start_wh, fact.meter_stop_wh)
    if energy_wh != session.energy_wh:
        _keep_unmatched(fact, now, session)
        _flag(session, Flag.STOP_CONTRADICTED, now)


def _contradicts(session: ChargingSession, stopped: Transaction, fact: TransactionStop) -> bool:
    return (session.meter_stop_wh, stopped.stopped_at) != (fact.meter_stop_wh, fact.stopped_at)


def _flag(session: ChargingSession, flag: Flag, now: datetime) -> None:
    if flag not in session.flags:
        ChargingSession.objects.filter(pk=session.pk).update(
            flags=sorted({*session.flags, flag}), last_updated=now
        )


def _keep_unmatched(
    fact: TransactionStop, now: datetime, session: ChargingSession | None = None
) -> None:
    UnmatchedStop.objects.get_or_create(
        station_id=fact.station_id,
        reference=fact.reference,
        stopped_at=fact.stopped_at,
        meter_stop_wh=fact.meter_stop_wh,
        defaults={
            "id_token": fact.id_token,
            "reason": fact.reason,
            "received_at": now,
            "session": session,
        },
    )
