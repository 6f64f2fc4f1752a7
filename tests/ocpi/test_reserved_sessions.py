"""How partners see a session that began as a reservation (2.2.1 §9.2.3, §10.4.6)."""

from datetime import timedelta

import pytest

from ocpi.v221.mapping import session_object
from tests.factories.booking import NOON, ReservationFactory, SessionFactory, TokenFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def reservation():
    token = TokenFactory(country_code="NL", party_id="MSP")
    return ReservationFactory(token=token, starts_at=NOON)


def session_of(reservation, **more):
    values = {"evse": reservation.evse, "token": reservation.token, "reservation": reservation}
    session = SessionFactory(**values, **more)
    body = session_object(session)
    periods = [
        (one["start_date_time"], {each["type"]: each["volume"] for each in one["dimensions"]})
        for one in body["charging_periods"]
    ]
    return body["status"], periods


def test_while_it_waits_it_is_reserved_time(reservation):
    at = {"started_at": NOON, "last_updated": NOON + 15 * MINUTE}

    assert session_of(reservation, status="RESERVATION", **at) == (
        "RESERVATION",
        [("2026-06-01T12:00:00Z", {"RESERVATION_TIME": 0.25})],
    )


def test_when_the_car_charges_the_time_before_is_reserved(reservation):
    assert session_of(reservation, started_at=NOON + 30 * MINUTE, energy_wh=500) == (
        "ACTIVE",
        [
            ("2026-06-01T12:00:00Z", {"RESERVATION_TIME": 0.5}),
            ("2026-06-01T12:30:00Z", {"ENERGY": 0.5, "TIME": 0.0}),
        ],
    )


def test_when_nobody_came_it_ends_as_reserved_time(reservation):
    ended = {"status": "COMPLETED", "ended_at": NOON + 30 * MINUTE}

    assert session_of(reservation, started_at=NOON, **ended) == (
        "COMPLETED",
        [("2026-06-01T12:00:00Z", {"RESERVATION_TIME": 0.5})],
    )
