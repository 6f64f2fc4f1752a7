from datetime import UTC, datetime, timedelta

import pytest

from booking.domain.plausibility import end_after, energy_between, trusted_time

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start_wh", "stop_wh", "expected"),
    [
        (1_000, 1_000, (0, [])),
        (1_000, 12_345, (11_345, [])),
        (-500, 0, (500, [])),
        (0, 2_000_000, (2_000_000, [])),
        (0, 2_000_001, (0, ["meter_jump"])),
        (0, 10_000_000_000, (0, ["meter_jump"])),
        (1_000, 999, (0, ["negative_energy"])),
        (1_000, -1, (0, ["negative_energy"])),
    ],
)
def test_energy_between_is_never_negative_nor_impossible(start_wh, stop_wh, expected):
    assert energy_between(start_wh, stop_wh) == expected


@pytest.mark.parametrize(
    ("off_by", "is_trusted"),
    [
        (timedelta(0), True),
        (timedelta(minutes=10), True),
        (timedelta(minutes=10, seconds=1), False),
        (timedelta(days=-90), True),
        (timedelta(days=-90, seconds=-1), False),
        (timedelta(days=365 * 1000), False),
    ],
)
def test_a_clock_is_trusted_within_bounds(off_by, is_trusted):
    reported = NOON + off_by

    assert trusted_time(reported, NOON) == (
        (reported, []) if is_trusted else (NOON, ["clock_wrong"])
    )


@pytest.mark.parametrize(
    ("minutes", "expected"), [(-1, NOON), (0, NOON), (1, NOON + timedelta(minutes=1))]
)
def test_no_session_ends_before_it_starts(minutes, expected):
    assert end_after(NOON, NOON + timedelta(minutes=minutes)) == expected
