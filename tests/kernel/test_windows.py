from datetime import UTC, datetime, timedelta

import pytest

from cpms.kernel.windows import EmptyWindow, TimeWindow

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("offset", "overlaps"),
    [(-1, False), (-0.5, True), (0, True), (0.5, True), (1, False)],
)
def test_back_to_back_windows_do_not_overlap(offset, overlaps):
    window = TimeWindow.lasting(NOON, HOUR)

    other = TimeWindow.lasting(NOON + offset * HOUR, HOUR)

    assert window.overlaps(other) is overlaps


@pytest.mark.parametrize("length", [timedelta(0), -HOUR])
def test_a_window_that_does_not_last_is_refused(length):
    with pytest.raises(EmptyWindow) as refusal:
        TimeWindow.lasting(NOON, length)

    assert refusal.value.facts == {"starts_at": NOON, "ends_at": NOON + length}
