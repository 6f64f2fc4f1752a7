"""What a session costs so far, or did cost: the one path behind running cost, CDR and bill."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.domain.course import Bounds, Reading, periods_of
from booking.enums import ReservationStatus, SessionStatus
from booking.models import Cdr, ChargingSession
from booking.services.readings import readings_of
from cpms.kernel.zones import zone_of
from tariffs.domain import charging_periods
from tariffs.domain.model import Tariff
from tariffs.domain.pricing import Price, price
from tariffs.domain.reading import stored_tariff
from tariffs.domain.usage import Period, Usage, seconds


@dataclass(frozen=True, slots=True)
class Bill:
    """A session's use and its price by the tariff version fixed at its start; `price` None: no
    tariff held, it is free."""

    usage: Usage
    tariff: Tariff | None
    price: Price | None


def bill_of(session: ChargingSession, until: datetime, readings: Sequence[Reading]) -> Bill:
    """The bill of a session (with EVSE, location and tariff version) up to an instant."""
    tariff = _tariff_of(session)
    periods = [*_reserved(session, tariff, until), *_charged(session, tariff, until, readings)]
    usage = Usage(
        zone=zone_of(session.evse.location.time_zone),
        started_at=periods[0].starts_at,
        ended_at=periods[-1].ends_at,
        periods=periods,
        reservation_expired=_has_expired(session),
    )
    return Bill(usage, tariff, price(tariff, usage) if tariff else None)


def _charged(
    session: ChargingSession, tariff: Tariff | None, until: datetime, readings: Sequence[Reading]
) -> list[Period]:
    if session.is_only_reserved:
        return []
    bounds = Bounds(
        starts_at=session.started_at,
        ends_at=max(until, session.started_at),
        meter_start_wh=session.meter_start_wh,
        energy_wh=session.energy_wh,
        is_over=session.status == SessionStatus.COMPLETED,
    )
    return periods_of(bounds, readings, in_detail=bool(tariff and tariff.is_restricted))


def _reserved(session: ChargingSession, tariff: Tariff | None, until: datetime) -> list[Period]:
    """From the start of the reservation's window until the car came, or nobody waited any more;
    of no length where it came before."""
    reservation = session.reservation
    if reservation is None:
        return []
    came_at = until if session.is_only_reserved else session.started_at
    since = min(reservation.starts_at, came_at)
    length = seconds(came_at - since)
    if not length and not session.is_only_reserved and not (tariff and tariff.prices_reservations):
        return []
    return [Period(since, came_at, reserved_s=length, is_charging_session=False)]


def _has_expired(session: ChargingSession) -> bool:
    reservation = session.reservation
    return reservation is not None and reservation.status == ReservationStatus.NO_SHOW


def price_session(session: ChargingSession, until: datetime) -> Price | None:
    """The price of a session; None: it is free."""
    return prices_of([session], until)[session.pk]


def prices_of(sessions: Iterable[ChargingSession], until: datetime) -> dict[UUID, Price | None]:
    """The prices of sessions so far, by session: one query for all that was measured, and of
    those only whose tariff asks for more than the energy."""
    sessions = list(sessions)
    asked = [one for one in sessions if (tariff := _tariff_of(one)) and tariff.needs_course]
    readings = readings_of(asked, until)
    return {one.pk: bill_of(one, until, readings[one.pk]).price for one in sessions}


def price_said_by(cdr: Cdr, session: ChargingSession) -> Price | None:
    """The lines behind the CDR of a session, from what it says itself: meter readings are not
    kept as long as bills. None: it was free."""
    tariffs = cdr.body.get("tariffs")
    if not tariffs:
        return None
    what_it_lacks = {
        "time_zone": session.evse.location.time_zone,
        "reservation_expired": _has_expired(session),
    }
    usage = charging_periods.usage_of({**cdr.body, **what_it_lacks})
    return price(stored_tariff(tariffs[0]), usage)


def _tariff_of(session: ChargingSession) -> Tariff | None:
    return stored_tariff(session.tariff_version.body) if session.tariff_version else None
