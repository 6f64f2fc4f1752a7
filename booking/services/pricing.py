"""What a session costs so far, or did cost: the one function behind running cost and CDR."""

from datetime import datetime

from booking.models import ChargingSession
from tariffs.domain.pricing import Price, Usage, price


def usage_of(session: ChargingSession, until: datetime) -> Usage:
    """Energy and time of a session up to an instant. Standing connected after the last meter
    progress is not told apart from charging yet."""
    seconds = max((until - session.started_at).total_seconds(), 0)
    return Usage(energy_wh=session.energy_wh, charging_s=round(seconds))


def price_session(session: ChargingSession, until: datetime) -> Price | None:
    """The price of a session by the tariff version fixed at its start; None: it is free."""
    if session.tariff_version is None:
        return None
    return price(session.tariff_version.body, usage_of(session, until))
