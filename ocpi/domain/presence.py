"""When a station that went away counts as away: short breaks are nobody's news."""

from datetime import timedelta

OFFLINE_AFTER = timedelta(seconds=30)  # the trigger of migration 0002 waits as long
