"""A reservation that no car came for: its session ends, and costs what the tariff says."""

from datetime import datetime

from booking.enums import SessionStatus
from booking.events import CdrIssued, SessionEnded
from booking.models import ChargingSession, Reservation
from booking.services.cdrs import cdr_of
from booking.services.holding import open_session, session_of
from cpms.kernel import events
from tariffs.services import mark_used


def close_free(reservation: Reservation, now: datetime) -> None:
    """It costs nothing. Must run inside the transaction that ended it, as all here."""
    session = session_of(reservation)
    if session is not None:
        _end(session, now, now)


def close_charged(reservation: Reservation, ended_at: datetime, now: datetime) -> None:
    """The EVSE was kept until `ended_at`, or promised: that is billed by RESERVATION prices, and
    by those of RESERVATION_EXPIRES if nobody came (OCPI 2.2.1 §11.4.3). What costs nothing gets
    no CDR (§9.2.3)."""
    session = open_session(reservation, now)
    session.reservation = reservation
    _end(session, ended_at, now)
    cdr = cdr_of(session, now, [])
    if not cdr.total_excl_vat:
        return
    if session.tariff_version is not None:
        mark_used(version=session.tariff_version, now=now)
    cdr.save(force_insert=True)
    session.total_cost, session.currency = cdr.total_excl_vat, cdr.currency
    session.save(update_fields=["total_cost", "currency"])
    events.publish(CdrIssued(cdr.pk, session.pk))


def _end(session: ChargingSession, ended_at: datetime, now: datetime) -> None:
    session.status = SessionStatus.COMPLETED
    session.started_at = min(session.started_at, ended_at)
    session.ended_at = ended_at
    session.last_updated = now
    session.save(update_fields=["status", "started_at", "ended_at", "last_updated"])
    events.publish(SessionEnded(session.pk, session.evse_id, session.evse.location_id))
