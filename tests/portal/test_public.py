"""The page and the badge of a location that everybody may see."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from booking.models import ChargingSession
from cpms.portal.views import public
from stations.models import Location
from tariffs.services import assign_to_connectors, save_tariff
from tests.factories.stations import ConnectorFactory, EvseFactory
from tests.portal.network import busy_station

NOW = datetime.now(UTC)
TARIFF = {
    "country_code": "NL", "party_id": "EMA", "id": "T1", "currency": "EUR",
    "elements": [{"price_components": [
        {"type": "ENERGY", "price": 0.50, "vat": 21, "step_size": 1}
    ]}],
}  # fmt: skip


@pytest.fixture
def place(db):
    """Two slow EVSEs, of which one is charging, with a price."""
    station = busy_station("CP001")
    EvseFactory(station=station, number=2, uid="FREE")
    plugs = [ConnectorFactory(evse=station.evses.get(uid="FREE"))]
    save_tariff(body=TARIFF, now=NOW)
    assign_to_connectors(wanted=[(plug, ["T1"]) for plug in plugs])
    Location.objects.update(
        name="Station <square>",
        opening_times={
            "twentyfourseven": False,
            "regular_hours": [{"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}],
        },
    )
    return Location.objects.get()


@pytest.fixture
def anybody():
    """From an address of its own, so that no other test counts for it."""
    return Client(REMOTE_ADDR=f"192.0.2.{NOW.microsecond % 250}")


def test_everybody_sees_what_is_free_for_how_much_and_when(anybody, place):
    answer = anybody.get(f"/public/{place.ocpi_id}/")

    page = answer.content.decode()
    for text in ("Station &lt;square&gt;", "of 2 free", "€0.50", "before VAT", "Free now",
                 "Stationsplein 1", "Mon 08:00-20:00"):  # fmt: skip
        assert text in page, text
    assert answer["Cache-Control"] == "public, max-age=5"
    assert "Set-Cookie" not in answer.headers
    assert answer.cookies == {}


def test_no_person_session_or_station_is_told_of(anybody, viewer, place):
    session = ChargingSession.objects.get()

    for client in (anybody, viewer):
        page = client.get(f"/public/{place.ocpi_id}/").content.decode()
        for secret in (session.id_token, str(session.pk), "CP001", "viewer@example.com"):
            assert secret not in page


def test_when_all_are_taken_it_says_when_the_first_is_free(anybody, db):
    location = busy_station("CP002").location

    assert "First free in about" in anybody.get(f"/public/{location.ocpi_id}/").content.decode()


@pytest.mark.parametrize("path", ["", "badge.svg"])
def test_what_is_not_published_is_not_there(anybody, place, path):
    Location.objects.update(publish=False)

    hidden = anybody.get(f"/public/{place.ocpi_id}/{path}")
    absent = anybody.get(f"/public/NONE/{path}")

    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden["Cache-Control"] == "no-store"


def test_it_is_looked_up_once_in_five_seconds(anybody, place, django_assert_num_queries):
    anybody.get(f"/public/{place.ocpi_id}/")

    with django_assert_num_queries(0):
        anybody.get(f"/public/{place.ocpi_id}/")
        anybody.get(f"/public/{place.ocpi_id}/badge.svg")


def test_the_badge_is_an_image_that_says_what_is_free(anybody, place):
    answer = anybody.get(f"/public/{place.ocpi_id}/badge.svg")

    assert answer["Content-Type"] == "image/svg+xml"
    drawn = ET.fromstring(answer.content)  # noqa: S314 -- our own
    assert drawn.get("aria-label") == "Station <square>: 1 of 2 free"


def test_the_badge_may_be_embedded_and_the_page_not(anybody, place):
    badge = anybody.get(f"/public/{place.ocpi_id}/badge.svg")
    page = anybody.get(f"/public/{place.ocpi_id}/")

    assert "frame-ancestors *" in badge["Content-Security-Policy"]
    assert "default-src 'none'" in badge["Content-Security-Policy"]
    assert "X-Frame-Options" not in badge
    assert badge["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_who_asks_too_often_waits(place, monkeypatch):
    monkeypatch.setattr(public, "MOST_A_MINUTE", 2)
    asker = Client(REMOTE_ADDR=f"198.51.100.{NOW.microsecond % 250}")

    answers = [asker.get(f"/public/{place.ocpi_id}/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"] == "60"
    assert answers[2]["Cache-Control"] == "no-store"


def test_it_is_only_read(anybody, place):
    assert anybody.post(f"/public/{place.ocpi_id}/").status_code == 405


def test_the_portal_shows_what_to_paste(viewer, place):
    page = viewer.get(f"/locations/{place.ocpi_id}/").content.decode()

    assert f"/public/{place.ocpi_id}/badge.svg" in page
    assert "&lt;img src=" in page
    Location.objects.update(publish=False)
    assert "badge.svg" not in viewer.get(f"/locations/{place.ocpi_id}/").content.decode()


def test_nothing_to_charge_at_is_said(anybody, place):
    place.pk, place.ocpi_id = None, f"EMPTY{NOW + timedelta(0):%f}"
    place.save()

    assert "There is nothing to charge at here yet." in (
        anybody.get(f"/public/{place.ocpi_id}/").content.decode()
    )
