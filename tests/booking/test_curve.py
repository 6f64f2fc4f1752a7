import pytest

from booking.domain.curve import thinned


def points(*values):
    return list(enumerate(values))


@pytest.mark.parametrize(
    ("given", "most", "expected"),
    [
        ([], 2, []),
        (points(1, 2, 3), 3, points(1, 2, 3)),
        (points(5, 1, 9, 4), 2, [(1, 1), (2, 9)]),
        (points(9, 5, 1, 4), 2, [(0, 9), (2, 1)]),
        (points(7, 7, 7, 7), 2, [(0, 7)]),
        (points(0, 3, 1, 2, 9, 4, 6, 8), 4, [(0, 0), (1, 3), (4, 9), (5, 4)]),
        (points(0, 3, 1, 2, 9, 4, 6, 8), 5, [(0, 0), (1, 3), (4, 9), (5, 4)]),
    ],
)
def test_thinned_keeps_peaks_and_lows_in_order(given, most, expected):
    assert thinned(given, most) == expected


@pytest.mark.parametrize("most", [2, 3, 7, 600])
def test_thinned_has_at_most_so_many_points_and_no_invented_one(most):
    given = points(*((value * 7919) % 1009 for value in range(5000)))

    kept = thinned(given, most)

    assert len(kept) <= most
    assert kept == sorted(set(kept) & set(given))
    assert {min(v for _, v in given), max(v for _, v in given)} <= {v for _, v in kept}
