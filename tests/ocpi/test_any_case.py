"""What OCPI compares without case is found without reading whole tables."""

import pytest
from django.db import connection

from booking.models import Token
from booking.services import save_tokens
from ocpi.selectors import evses_of
from stations.models import Evse, Location
from tests.factories.booking import NOON
from tests.factories.stations import LocationFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: Token.objects.filter(uid__iexact="04aa"), "token_uid_any_case"),
        (lambda: Location.objects.filter(ocpi_id__iexact="loc1"), "location_id_any_case"),
        (lambda: evses_of(None).order_by().filter(uid__iexact="e1"), "evse_uid_any_case"),
    ],
)
def test_a_look_up_in_any_case_uses_its_index(rows, index):
    locations = [LocationFactory.build(ocpi_id=f"L{n}") for n in range(300)]
    first, *_ = Location.objects.bulk_create(locations)
    Evse.objects.bulk_create(Evse(location=first, uid=f"E{n}") for n in range(300))
    Token.objects.bulk_create(Token(uid=f"T{n}", party_id="RMR") for n in range(300))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE booking_token, stations_location, stations_evse")

    assert index in rows().explain()


def test_a_partys_case_makes_no_other_token():
    def told(country_code, uid, **more):
        return Token(country_code=country_code, party_id="RMR", uid=uid, **more)

    first = save_tokens(tokens=[told("NL", "04aa")], now=NOON)
    again = save_tokens(tokens=[told("nl", "04AA")], now=NOON)
    changed = save_tokens(tokens=[told("nl", "04AA", valid=False)], now=NOON)

    assert [counts["created"] for counts in (first, again, changed)] == [1, 0, 0]
    assert [counts["updated"] for counts in (first, again, changed)] == [0, 0, 1]
    assert Token.objects.count() == 1
