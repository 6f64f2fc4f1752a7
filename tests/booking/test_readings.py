from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.domain.course import Reading
from booking.models import MeterSample
from booking.services.readings import readings_of
from tests.factories.booking import SessionFactory

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
START = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=1)


def session():
    return SessionFactory(started_at=START)


def sample(session, seconds, *, of=None, **values):
    MeterSample.objects.create(
        evse_id=session.evse_id,
        measured_at=START + seconds * SECOND,
        content_hash=MeterSample.objects.count(),
        received_at=START,
        session_id=(of or session).pk,
        context=0,
        **values,
    )


def told(*sessions, until=START + timedelta(hours=1)):
    found = readings_of(sessions, until)
    return [
        [
            (int((one.at - START) / SECOND), one.energy_wh, one.power_w, one.current_a)
            for one in found[session.pk]
        ]
        for session in sessions
    ]


def test_a_minute_is_one_reading_at_its_last_register():
    one = session()
    sample(one, 10, energy_wh=1_000, power_w=3_000)
    sample(one, 40, energy_wh=1_050)
    sample(one, 50, power_w=7_000, current_l1_a=10.0, current_l2_a=11.5)
    sample(one, 61, power_w=5_000)

    assert told(one) == [[(40, 1_050, 7_000, 21.5), (61, None, 5_000, None)]]


def test_each_session_gets_its_own_in_one_query():
    one, other, silent = session(), session(), session()
    sample(other, 70, energy_wh=5)
    sample(one, 30, energy_wh=1)
    sample(other, 10, energy_wh=3)
    sample(one, 31, of=other, energy_wh=99)  # the EVSE is another's: not of this session

    with CaptureQueriesContext(connection) as queries:
        found = told(one, other, silent)

    assert found == [[(30, 1, None, None)], [(10, 3, None, None), (70, 5, None, None)], []]
    assert len(queries) == 1
    assert readings_of([], START) == {}


def test_what_was_measured_long_after_is_not_asked_for():
    one = session()
    sample(one, 10, energy_wh=1)
    sample(one, 3 * 3600, energy_wh=2)

    assert told(one, until=START + timedelta(minutes=1)) == [[(10, 1, None, None)]]


@pytest.mark.parametrize(
    ("measurand", "value", "is_withheld"),
    [
        ("Current.Offered", "0", True),
        ("Power.Offered", "0.00", True),
        ("Current.Offered", "6", False),
        ("Current.Offered", "0.5", False),
        ("Temperature", "0", False),
    ],
)
def test_a_station_that_offers_nothing_withholds(measurand, value, is_withheld):
    one = session()
    sample(one, 10, energy_wh=1, other=[{"measurand": measurand, "value": value}])

    found = readings_of([one], START + timedelta(hours=1))

    assert found[one.pk] == [Reading(START + 10 * SECOND, 1, None, None, is_withheld)]
