"""Times as 1.6 stations read them without trouble: UTC, milliseconds, Z."""

from datetime import UTC, datetime


def wire_time(instant: datetime) -> str:
    return (
        instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{instant.microsecond // 1000:03d}Z"
    )
