import pytest

from ocpp_gateway.limits import FailureLimit, Pace


def test_so_many_failures_then_none_until_some_time_passed():
    limit = FailureLimit(burst=3, per_second=0.5)
    for _ in range(3):
        limit.failed("a", 100)

    assert [limit.is_exhausted("a", at) for at in (100, 101.9, 102)] == [True, True, False]
    assert not limit.is_exhausted("b", 100)


def test_the_least_recently_failed_are_forgotten():
    limit = FailureLimit(burst=1, per_second=0, most_keys=2)
    for key in ("a", "b", "a", "c"):
        limit.failed(key, 0)

    assert [limit.is_exhausted(key, 0) for key in "abc"] == [True, False, True]


def test_a_pace_lets_so_many_through_at_once_and_then_so_many_a_second():
    pace = Pace(at_once=100, per_second=10, now=0)

    pauses = [pace.pause_after(20, 0) for _ in range(7)]

    assert pauses == pytest.approx([0, 0, 0, 0, 0, 2, 4])


def test_a_pace_forgives_as_time_passes():
    pace = Pace(at_once=10, per_second=10, now=0)

    assert pace.pause_after(21, 0) == pytest.approx(1.1)
    assert pace.pause_after(1, 100) == 0
