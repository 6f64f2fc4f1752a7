"""Sweeps: what no message will tell us. Each may run any number of times, anywhere."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from booking.enums import SessionStatus
from booking.models import ChargingSession
from booking.services.ending import close_missed_stop
from booking.services.pricing import prices_of
from booking.services.sweeping import each
from stations.enums import EvseStatus
from stations.services.partitions import MESSAGE_LOG, ensure_daily, ensure_monthly
from tariffs.domain.pricing import rounded

METER_SAMPLES = "booking_metersample"
FORGOTTEN_AFTER = timedelta(hours=1)
BATCH = 500


def ensure_partitions(*, now: datetime) -> None:
    """Months of meter samples and days of messages, ahead of time."""
    ensure_monthly(table=METER_SAMPLES, now=now)
    ensure_daily(table=MESSAGE_LOG, now=now)


def price_running_sessions(*, now: datetime) -> int:
    """Bring the running cost of active sessions up to date, oldest first."""
    running = (
        ChargingSession.objects.filter(status=SessionStatus.ACTIVE, tariff_version__isnull=False)
        .select_related("tariff_version", "evse__location")
        .order_by("last_updated")[:BATCH]
    )
    priced = list(running)
    prices = prices_of(priced, now)
    for session in priced:
        price = prices[session.pk]
        session.total_cost = rounded(price.excl_vat) if price else None
    ChargingSession.objects.bulk_update(priced, ["total_cost"])
    return len(priced)


def close_forgotten_sessions(*, now: datetime) -> int:
    """End sessions whose car is gone: the station is connected and has long reported the EVSE
    Available, and no meter value came since. The stop was lost for good; offline queues are
    replayed right after a reconnect, well within the hour that we wait."""
    forgotten = ChargingSession.objects.filter(
        Q(last_meter_at=None) | Q(last_meter_at__lt=F("evse__status_at")),
        status=SessionStatus.ACTIVE,
        evse__status=EvseStatus.AVAILABLE,
        evse__status_at__lt=now - FORGOTTEN_AFTER,
        started_at__lt=F("evse__status_at"),
        evse__station__connection__disconnected_at=None,
        evse__station__connection__connected_at__lt=now - FORGOTTEN_AFTER,
    )

    def close(pk: UUID) -> bool:
        session = (
            ChargingSession.objects.select_for_update(of=("self",))
            .select_related("evse__location", "tariff_version", "token")
            .filter(pk=pk, status=SessionStatus.ACTIVE)
            .first()
        )
        if session is not None:
            close_missed_stop(session=session, ended_at=now, now=now)
        return session is not None

    return each(forgotten.values_list("pk", flat=True)[:BATCH], close)
