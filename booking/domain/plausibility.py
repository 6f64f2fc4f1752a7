"""What a meter and a clock may say; what a person should look at before it is billed."""

from datetime import datetime, timedelta

from booking.enums import Flag

LARGEST_SESSION_WH = 2_000_000  # 2 MWh: four times the largest truck battery
LONGEST_SESSION = timedelta(days=30)
CLOCK_AHEAD = timedelta(minutes=10)
CLOCK_BEHIND = timedelta(days=90)  # a station may replay what it kept offline


def energy_between(start_wh: int, stop_wh: int) -> tuple[int, list[Flag]]:
    """Wh delivered between two registers, never negative, and what is odd about it. A jump
    that no car can take is not billed: zero until a person decides."""
    if stop_wh < start_wh:
        return 0, [Flag.NEGATIVE_ENERGY]
    if stop_wh - start_wh > LARGEST_SESSION_WH:
        return 0, [Flag.METER_JUMP]
    return stop_wh - start_wh, []


def trusted_time(reported: datetime, received: datetime) -> tuple[datetime, list[Flag]]:
    """The station's time, or ours where its clock cannot be right."""
    if -CLOCK_BEHIND <= reported - received <= CLOCK_AHEAD:
        return reported, []
    return received, [Flag.CLOCK_WRONG]


def end_after(started_at: datetime, ended_at: datetime) -> datetime:
    """No session ends before it starts, whatever the clocks did."""
    return max(started_at, ended_at)
