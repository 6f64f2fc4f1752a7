"""What a driver may want of a session, and what cannot be."""

from datetime import UTC, datetime, timedelta

import pytest

from energy.domain.preferences import Preferences, Progress, answer_to
from energy.domain.profiles import supply_of
from energy.enums import PreferencesAnswer as Answer
from energy.enums import ProfileType

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEN_KW = supply_of("DC", 400, 25, 10_000)


def wants(kind, departs_in=None, need_wh=None):
    departs_at = None if departs_in is None else NOW + departs_in
    return Preferences(ProfileType(kind), departs_at, need_wh)


@pytest.mark.parametrize(
    ("wanted", "tariff_type", "expected"),
    [
        (wants("REGULAR"), "", Answer.ACCEPTED),
        (wants("FAST"), "", Answer.ACCEPTED),
        (wants("FAST"), "PROFILE_FAST", Answer.ACCEPTED),
        (wants("FAST"), "PROFILE_CHEAP", Answer.PROFILE_TYPE_NOT_SUPPORTED),
        (wants("FAST"), "REGULAR", Answer.PROFILE_TYPE_NOT_SUPPORTED),
        (wants("REGULAR"), "REGULAR", Answer.ACCEPTED),
        (wants("REGULAR"), "PROFILE_GREEN", Answer.PROFILE_TYPE_NOT_SUPPORTED),
        (wants("CHEAP"), "", Answer.DEPARTURE_REQUIRED),
        (wants("GREEN", HOUR), "", Answer.ENERGY_NEED_REQUIRED),
        (wants("CHEAP", HOUR, 12_000), "", Answer.ACCEPTED),  # 2 of them are charged already
        (wants("CHEAP", HOUR, 12_001), "", Answer.NOT_POSSIBLE),
        (wants("REGULAR", HOUR, 1_000), "", Answer.ACCEPTED),
        (wants("FAST", timedelta(0), 1), "", Answer.NOT_POSSIBLE),
        (wants("FAST", -HOUR), "", Answer.NOT_POSSIBLE),
        (wants("FAST", need_wh=900_000), "", Answer.ACCEPTED),
    ],
)
def test_what_can_be(wanted, tariff_type, expected):
    assert answer_to(wanted, Progress(2_000, tariff_type, TEN_KW), NOW) == expected


def test_what_an_unknown_connector_gives_is_not_held_against_it():
    wanted = wants("CHEAP", HOUR, 900_000)

    assert answer_to(wanted, Progress(0, "", None), NOW) == Answer.ACCEPTED
