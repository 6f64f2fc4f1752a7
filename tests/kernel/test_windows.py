from datetime import UTC, datetime, timedelta

import pytest

from cpms.kernel.windows import EmptyWindow, TimeWindow, union, without

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


def at(*edges):
    """Windows by hours after noon: `at((0, 2), (3, 4))`."""
    return [TimeWindow(NOON + begin * HOUR, NOON + end * HOUR) for begin, end in edges]


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        (at(), at()),
        (at((0, 1), (1, 2)), at((0, 2))),
        (at((3, 4), (0, 2), (1, 3.5)), at((0, 4))),
        (at((0, 9), (2, 3), (4, 5)), at((0, 9))),
        (at((0, 1), (2, 3)), at((0, 1), (2, 3))),
    ],
)
def test_a_union_has_as_few_windows_as_can_be(windows, expected):
    assert union(windows) == expected


@pytest.mark.parametrize(
    ("windows", "taken", "expected"),
    [
        (at((0, 4)), at(), at((0, 4))),
        (at((0, 4)), at((1, 2)), at((0, 1), (2, 4))),
        (at((0, 4)), at((0, 1), (3, 4)), at((1, 3))),
        (at((0, 4)), at((-1, 5)), at()),
        (at((0, 2), (3, 5)), at((1, 4)), at((0, 1), (4, 5))),
        (at((0, 4)), at((4, 5), (-1, 0)), at((0, 4))),
        (at((0, 4)), at((2, 3), (1, 2.5)), at((0, 1), (3, 4))),
    ],
)
def test_what_is_taken_out_of_windows_leaves_the_rest(windows, taken, expected):
    assert without(windows, taken) == expected


@pytest.mark.parametrize(
    ("inner", "contained"), [((0, 4), True), ((1, 2), True), ((-1, 2), False), ((3, 5), False)]
)
def test_a_window_contains_what_lies_in_it(inner, contained):
    assert at((0, 4))[0].contains(at(inner)[0]) is contained
