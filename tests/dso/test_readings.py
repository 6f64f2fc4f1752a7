from datetime import UTC, datetime, timedelta

import pytest

from dso.domain.readings import duration, instant, written
from dso.errors import BadMessage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-01T12:00:00Z", NOON),
        ("2026-06-01T14:00:00+02:00", NOON),
        ("2026-06-01 12:00:00", NOON),  # neither T nor zone: UTC
        (" 2026-06-01T12:00:00.000Z ", NOON),
        ("2026-06-01", NOON - timedelta(hours=12)),
    ],
)
def test_an_instant_is_read_with_lenience(text, expected):
    assert instant(text, "start") == expected


@pytest.mark.parametrize("text", ["", "soon", None, 7, "2026-13-01", "9999-12-31T23:59:59-23:00"])
def test_what_is_no_instant_is_refused_by_its_name(text):
    with pytest.raises(BadMessage, match="start: "):
        instant(text, "start")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT0S", timedelta(0)),
        ("PT15M", timedelta(minutes=15)),
        ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("P2W", timedelta(weeks=2)),
        ("P1Y", timedelta(days=365)),
        ("P9999Y", None),
    ],
)
def test_a_duration_is_read(text, expected):
    assert duration(text, "duration") == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "15M", "-PT15M", "PT1.5H", None, 900, "P1H"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(BadMessage, match="duration: "):
        duration(text, "duration")


def test_instants_are_written_with_z():
    assert written(NOON) == "2026-06-01T12:00:00Z"
