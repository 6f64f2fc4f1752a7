"""When a station that went away counts as away: short breaks are nobody's news."""

from datetime import datetime, timedelta

OFFLINE_AFTER = timedelta(seconds=30)  # the trigger of migration 0002 waits as long


def counts_as_connected(
    connected_at: datetime | None, disconnected_at: datetime | None, now: datetime
) -> bool:
    """Whether partners should read what the station said last."""
    if connected_at is None:
        return False
    return disconnected_at is None or now - disconnected_at < OFFLINE_AFTER


def changed_at(
    connected_at: datetime | None, disconnected_at: datetime | None, now: datetime
) -> datetime | None:
    """When the answer of `counts_as_connected` last (may have) changed."""
    if disconnected_at is not None and now - disconnected_at >= OFFLINE_AFTER:
        return disconnected_at + OFFLINE_AFTER
    return connected_at
