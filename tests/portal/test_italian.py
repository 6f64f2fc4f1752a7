"""Whole pages in Italian: nothing on them is left in English, and figures for machines stay so."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import translation

from accounts import services
from booking.models import ChargingSession
from stations.models import Location
from tests.portal.network import busy_station, refused
from tools import catalogue, messages

LISTS = [
    "overview", "locations", "stations", "sessions", "reservations", "messages", "refusals",
    "alerts", "alert-rules", "partners", "batteries", "dsos", "tariffs", "price-lists", "tokens", "users", "audit",
    "api-tokens", "mfa_index",
]  # fmt: skip
FORMS = [
    "user-add", "location-add", "station-add", "tariff-add", "battery-add", "price-list-add",
    "partner-add", "dso-add", "token-add", "reservation-add", "account_change_password",
]  # fmt: skip
OF_LOCATION = ["location", "internal-status", "energy-report", "energy", "power-sharing"]
GATES = ["account_login", "account_signup", "account_reset_password"]

ENGLISH = re.compile(
    r"\b(the|and|of|is|are|was|has|this|your|with|from|not|yet|by|its|each|when|until|on|in the)\b",
    re.IGNORECASE,
)
BY_MACHINES = re.compile(r"<(?:progress|rect|svg|input|meter)\b[^>]*>")
COMMA = re.compile(r'\b(?:value|max|min|step|x|y|width|height|viewBox)="[^"]*\d,\d[^"]*"')
SPOKEN = re.compile(r'\b(?:aria-label|title|placeholder|alt|data-say)="([^"]*)"')
UNSEEN = re.compile(r"<(svg|script|style|code|pre|option)\b.*?</\1>|<[^>]*>", re.DOTALL)


@pytest.fixture
def reader(administrator):
    services.choose_language(user=administrator.user, language="it")
    return administrator


def texts(page):
    """What a reader sees or hears of the page, run by run."""
    runs = [*UNSEEN.sub("\0", page).split("\0"), *SPOKEN.findall(page)]
    return [text for run in runs if (text := " ".join(unescape(run).split()))]


def english(page):
    """Runs that are a message untranslated, or that hold an English word."""
    path = messages.ROOT / "locale/it/LC_MESSAGES/django.po"
    entries = catalogue.read(path).values()
    untold = {
        entry.message.text for entry in entries if entry.message.text not in entry.translations
    }
    return [text for text in texts(page) if text in untold or ENGLISH.search(text)]


def shown(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def check(page):
    assert '<html lang="it">' in page
    assert english(page) == []
    assert [tag for tag in BY_MACHINES.findall(page) if COMMA.search(tag)] == []


@pytest.mark.parametrize("name", [*LISTS, *FORMS])
def test_a_page_is_italian(reader, name):
    busy_station()
    refused("CP999")

    check(shown(reader, reverse(name)))


@pytest.mark.parametrize("name", [*LISTS, *FORMS])
def test_an_empty_page_is_italian(reader, name):
    check(shown(reader, reverse(name)))


@pytest.mark.parametrize("name", OF_LOCATION)
def test_a_page_of_a_location_is_italian(reader, name):
    busy_station(evses=2)

    check(shown(reader, reverse(name, args=[Location.objects.get().ocpi_id])))


@pytest.mark.parametrize("name", ["station", "station-onboarding", "station-edit", "evse-add"])
def test_a_page_of_a_station_is_italian(reader, name):
    check(shown(reader, reverse(name, args=[busy_station().identity])))


def test_the_page_of_a_session_is_italian_with_decimal_commas(reader):
    busy_station()
    page = shown(reader, reverse("session", args=[ChargingSession.objects.get().pk]))

    check(page)
    assert "1,5 kWh" in page
    assert "11,0" in page


@pytest.mark.parametrize("name", GATES)
def test_a_gate_is_italian(client, db, name):
    client.cookies["django_language"] = "it"

    check(shown(client, reverse(name)))


def test_the_public_page_of_a_location_is_italian(client, db):
    location = busy_station().location
    client.cookies["django_language"] = "it"

    check(shown(client, reverse("public-location", args=[location.ocpi_id])))


def test_a_page_that_is_not_there_says_so_in_italian(reader):
    page = reader.get("/stations/NONE/").content.decode()

    assert english(page) == []
    assert "Questa stazione non esiste." in texts(page)


def test_what_a_form_refuses_is_said_in_italian(reader):
    page = reader.post(reverse("location-add"), {"time_zone": "Nowhere"}).content.decode()

    assert english(page) == []
    assert "Campo obbligatorio." in texts(page) or "Questo campo è obbligatorio." in texts(page)


def test_english_on_an_italian_page_would_be_seen():
    assert english('<p title="is here">Sessions</p><p>Sessione <b>of</b></p>') == [
        "Sessions", "of", "is here",
    ]  # fmt: skip
    with translation.override("it"):
        assert translation.gettext("Sessions") == "Sessioni"
