"""Charging preferences, as an eMSP tells them for the driver of a running session."""

from datetime import UTC, datetime

import pytest

from energy.models import SessionPreferences
from tests.factories.ocpi import roaming_session

CAPABLE = ["CHARGING_PREFERENCES_CAPABLE"]
WANTED = {
    "profile_type": "GREEN",
    "departure_time": "2099-01-01T08:00:00Z",
    "energy_need": 20.5,
    "discharge_allowed": True,
}


@pytest.fixture
def prefer(emsp, endpoints):
    def put(session_id, body=None):
        url = f"{endpoints['sessions']}/{session_id}/charging_preferences"
        return emsp.ask("PUT", url, WANTED if body is None else body)

    return put


def session_at(capabilities=CAPABLE, party="RMR", **more):
    session = roaming_session(party, **more)
    session.evse.capabilities = capabilities
    session.evse.save()
    return session


def kept():
    return list(
        SessionPreferences.objects.values_list(
            "session", "profile_type", "departs_at", "energy_need_wh", "may_discharge"
        )
    )


def test_what_a_driver_wants_is_kept_until_it_wants_something_else(prefer):
    session = session_at()

    first = prefer(str(session.pk).upper())
    stored = kept()
    refused = prefer(session.pk, {"profile_type": "CHEAP"})
    unchanged = kept()
    second = prefer(session.pk, {"profile_type": "FAST", "departure_time": None})

    assert [(one.codes, one.data) for one in (first, refused, second)] == [
        ((200, 1000), "ACCEPTED"),
        ((200, 1000), "DEPARTURE_REQUIRED"),
        ((200, 1000), "ACCEPTED"),
    ]
    leaves = datetime(2099, 1, 1, 8, tzinfo=UTC)
    assert stored == unchanged == [(session.pk, "GREEN", leaves, 20_500, True)]
    assert kept() == [(session.pk, "FAST", None, None, False)]


def test_a_session_that_is_over_cannot_be_changed(prefer):
    assert prefer(session_at(ended=True).pk).data == "NOT_POSSIBLE"
    assert kept() == []


@pytest.mark.parametrize(
    ("session", "features"),
    [
        ({"capabilities": []}, None),
        ({}, "Core,Reservation"),
        ({"party": "EVL"}, None),
    ],
)
def test_where_it_cannot_be_wanted_it_does_not_exist(prefer, session, features):
    made = session_at(**session)
    station = made.evse.station
    if features:
        station.configuration = {"SupportedFeatureProfiles": {"value": features}}
        station.save()
        station.connection.subprotocol = "ocpp1.6"
        station.connection.save()

    assert [prefer(made.pk).codes, prefer("nonsense").codes] == [(404, 2001)] * 2
    assert kept() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"profile_type": "LAZY"},
        {"profile_type": None},
        {"departure_time": "2026-02-30T12:00:00Z"},
        {"departure_time": 5},
        {"energy_need": 0},
        {"energy_need": -1},
        {"energy_need": 1e18},
        {"energy_need": "20"},
        {"discharge_allowed": "yes"},
    ],
)
def test_what_makes_no_sense_is_refused(prefer, changed):
    assert prefer(session_at().pk, {**WANTED, **changed}).codes == (200, 2001)
    assert kept() == []
