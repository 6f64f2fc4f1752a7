"""Ending a session: by the station's word, or because the station forgot to say it."""

from collections.abc import Sequence
from datetime import datetime

from booking.domain.facts import TransactionStop
from booking.domain.plausibility import end_after, energy_between, trusted_time
from booking.enums import Flag, SessionStatus
from booking.events import SessionEnded
from booking.models import ChargingSession
from booking.services.cdrs import issue_cdr
from cpms.kernel import events


def end_session(
    *, session: ChargingSession, fact: TransactionStop, now: datetime, flags: Sequence[Flag] = ()
) -> None:
    """End an active session as its station says and issue its CDR. Inside a transaction."""
    finish(session, fact, now, flags)
    _store(session, now)


def close_missed_stop(*, session: ChargingSession, ended_at: datetime, now: datetime) -> None:
    """End a session whose stop never came: at its last meter reading, with what was measured.
    It must not block the next driver. Inside a transaction."""
    session.meter_stop_wh = session.meter_start_wh + session.energy_wh
    session.stop_reason = "Unknown"
    last_known = session.last_meter_at or min(ended_at, now)
    _close(session, min(last_known, now), [Flag.STOP_UNKNOWN], now)
    _store(session, now)


def finish(
    session: ChargingSession, fact: TransactionStop, now: datetime, flags: Sequence[Flag] = ()
) -> None:
    """What the end makes of a session, in memory."""
    stopped_at, clock_flags = trusted_time(fact.stopped_at, now)
    energy_wh, meter_flags = energy_between(session.meter_start_wh, fact.meter_stop_wh)
    session.energy_wh = energy_wh
    session.meter_stop_wh = fact.meter_stop_wh
    session.stop_reason = fact.reason
    _close(session, stopped_at, [*flags, *clock_flags, *meter_flags], now)


def _close(
    session: ChargingSession, ended_at: datetime, flags: Sequence[Flag], now: datetime
) -> None:
    session.status = SessionStatus.COMPLETED
    session.ended_at = end_after(session.started_at, ended_at)
    session.power_w = None
    session.flags = sorted({*session.flags, *(str(flag) for flag in flags)})
    session.last_updated = now


def _store(session: ChargingSession, now: datetime) -> None:
    cdr = issue_cdr(session=session, now=now)
    session.total_cost, session.currency = cdr.total_excl_vat, cdr.currency
    session.save()
    events.publish(SessionEnded(session.pk, session.evse_id, session.evse.location_id))
