from datetime import timedelta

import pytest
from django.db import connection

from booking.models import Cdr, ChargingSession
from booking.services import close_forgotten_sessions, issue_missing_cdrs
from stations.models import Evse, StationConnection
from tests.factories.booking import NOON, CdrFactory, SessionFactory

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LATER = NOON + 3 * HOUR


def session_left_behind(connected_at=NOON, disconnected_at=None, evse=None, **more):
    """Its EVSE has been Available since 13:00; the station has been connected since noon."""
    session = SessionFactory(**{"energy_wh": 7_000, "last_meter_at": NOON + 30 * MINUTE, **more})
    state = {"status": "Available", "status_at": NOON + HOUR, **(evse or {})}
    Evse.objects.filter(pk=session.evse_id).update(**state)
    StationConnection.objects.filter(station=session.evse.station).update(
        connected_at=connected_at, disconnected_at=disconnected_at
    )
    return session


def test_a_forgotten_session_ends_at_its_last_meter_value():
    session = session_left_behind()

    assert close_forgotten_sessions(now=LATER) == 1

    session.refresh_from_db()
    assert (session.status, session.ended_at, session.energy_wh, session.flags) == (
        "COMPLETED",
        NOON + 30 * MINUTE,
        7_000,
        ["stop_unknown"],
    )
    assert session.cdr.energy_wh == 7_000


def test_one_that_never_measured_ends_now():
    session = session_left_behind(last_meter_at=None, energy_wh=0)

    close_forgotten_sessions(now=LATER)

    session.refresh_from_db()
    assert (session.ended_at, session.cdr.energy_wh) == (LATER, 0)


@pytest.mark.parametrize(
    "state",
    [
        {"evse": {"status": "Charging"}},
        {"evse": {"status": "Unknown"}},
        {"evse": {"status_at": LATER - 59 * MINUTE}},
        {"evse": {"status_at": None}},
        {"last_meter_at": NOON + HOUR},
        {"last_meter_at": NOON + 2 * HOUR},
        {"started_at": NOON + HOUR},
        {"disconnected_at": NOON + 2 * HOUR},
        {"connected_at": None},
        {"connected_at": LATER - 59 * MINUTE},  # its offline queue may still come
    ],
)
def test_what_may_still_go_on_is_left_alone(state):
    session = session_left_behind(**state)

    assert close_forgotten_sessions(now=LATER) == 0

    session.refresh_from_db()
    assert session.status == "ACTIVE"


def test_closing_twice_is_closing_once():
    session_left_behind()

    assert (close_forgotten_sessions(now=LATER), close_forgotten_sessions(now=LATER)) == (1, 0)
    assert Cdr.objects.count() == 1


def test_one_session_that_cannot_be_closed_does_not_keep_the_others():
    spoilt, sound = session_left_behind(), session_left_behind()
    spoil(spoilt)

    assert close_forgotten_sessions(now=LATER) == 1

    statuses = dict(ChargingSession.objects.values_list("pk", "status"))
    assert statuses == {spoilt.pk: "ACTIVE", sound.pk: "COMPLETED"}


def test_one_cdr_that_cannot_be_issued_does_not_keep_the_others():
    spoilt, sound = SessionFactory(ended=True), SessionFactory(ended=True)
    spoil(spoilt)

    assert issue_missing_cdrs(now=LATER) == 1

    assert Cdr.objects.get().session == sound


def spoil(session):
    """No CDR of this session can be stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE booking_cdr ADD CONSTRAINT spoilt CHECK (session_id <> %s)", [session.pk]
        )


def test_every_ended_session_gets_the_cdr_it_lacks_and_only_that():
    CdrFactory()
    lacking = SessionFactory(ended=True)
    SessionFactory()
    SessionFactory(status="INVALID", ended_at=NOON)

    assert (issue_missing_cdrs(now=LATER), issue_missing_cdrs(now=LATER)) == (1, 0)

    lacking.refresh_from_db()
    assert (lacking.cdr.energy_wh, lacking.cdr.issued_at, Cdr.objects.count()) == (10_000, LATER, 2)
    assert (lacking.total_cost, lacking.currency) == (
        lacking.cdr.total_excl_vat,
        lacking.cdr.currency,
    )
