"""Upkeep of the log of exchanges with partners."""

from datetime import datetime

from django.conf import settings

from stations.services.partitions import ensure_daily, keep_days

MESSAGE_LOG = "ocpi_message"


def ensure_partitions(*, now: datetime) -> None:
    """Make the log's partitions ahead."""
    ensure_daily(table=MESSAGE_LOG, now=now)


def drop_old_messages(*, now: datetime) -> int:
    """Make the log's partitions ahead and drop those older than `CPMS_OCPI_MESSAGE_LOG_DAYS`."""
    return keep_days(table=MESSAGE_LOG, days=settings.OCPI.message_log_days, now=now)
