"""People are spoken to in the language they chose; programs in English."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import translation

from accounts import services
from accounts.models import User
from booking.errors import BadCorrection
from cpms import figures
from cpms.kernel.errors import Invalid, Missing
from cpms.languages import language_of, told
from cpms.portal.consumers import language_of_page
from cpms.templatetags import portal
from tests.factories.accounts import UserFactory

COOKIE = settings.LANGUAGE_COOKIE_NAME


def speaker(language, role):
    user = UserFactory(role=role)
    services.choose_language(user=user, language=language)
    return user


def test_a_catalogue_makes_a_language():
    assert settings.LANGUAGES == [("en", "English"), ("it", "Italiano")]


@pytest.mark.parametrize(
    ("chosen", "cookie", "accepted", "spoken"),
    [
        ("it", "en", "en", "it"),
        ("", "it", "en", "it"),
        ("", "", "it-CH, it;q=0.9, en;q=0.8", "it"),
        ("", "", "de-DE, de;q=0.9, it;q=0.5", "it"),
        ("", "", "de", "en"),
        ("xx", "yy", "zz", "en"),
        ("", "../../it", "\0,;q=it", "en"),
        ("", "", "", "en"),
    ],
)
def test_who_chose_none_is_spoken_to_as_the_browser_asks(chosen, cookie, accepted, spoken):
    assert language_of(User(language=chosen), {COOKIE: cookie}, accepted) == spoken


def test_a_page_says_in_which_language_it_is(client, db):
    page = client.get("/login/", headers={"Accept-Language": "it"})

    assert page["Content-Language"] == "it"
    assert {"Accept-Language", "Cookie"} <= set(page["Vary"].split(", "))
    assert '<html lang="it">' in page.content.decode()
    assert translation.get_language() == "en"  # no longer than the request


def test_a_stranger_chooses_by_a_cookie(client, db):
    answer = client.post("/language/", {"language": "it", "next": "/login/"})

    assert (answer.status_code, answer["Location"]) == (302, "/login/")
    assert '<html lang="it">' in client.get("/login/").content.decode()


def test_a_user_finds_the_choice_in_another_browser(db):
    user = UserFactory(role="viewer")
    one, other = Client(), Client()
    one.force_login(user)
    one.post("/language/", {"language": "it", "next": "/"})
    other.force_login(user)

    assert '<html lang="it">' in other.get("/").content.decode()


@pytest.mark.parametrize("language", ["de", "", "x" * 5000, "../it"])
def test_a_language_that_is_not_there_changes_nothing(db, language):
    user = UserFactory(role="viewer")
    client = Client()
    client.force_login(user)

    answer = client.post("/language/", {"language": language, "next": "/"})

    user.refresh_from_db()
    assert (answer.status_code, user.language) == (302, "")
    assert '<html lang="en">' in client.get("/").content.decode()


def test_choosing_leads_to_no_other_host(client, db):
    answer = client.post("/language/", {"language": "it", "next": "https://evil.example/"})

    assert answer["Location"] == "/"


def test_programs_are_answered_in_english(db):
    user = speaker("it", "viewer")
    client = Client()
    client.force_login(user)

    answer = client.get("/api/v1/stations/NONE", headers={"Accept-Language": "it"})

    assert answer.json()["detail"] == "There is no such station."
    assert "Content-Language" not in answer.headers


def test_a_mail_speaks_its_receivers_language(db):
    browser = Client(headers={"Accept-Language": "it"})
    browser.force_login(UserFactory(role="administrator"))
    receivers = [speaker("it", "operator"), speaker("en", "operator"), UserFactory(role="operator")]

    for receiver in receivers:
        browser.post(f"/users/{receiver.pk}/invite/")

    assert [one.subject for one in mail.outbox] == [
        "[eMall CPMS] Sei invitato",
        "[eMall CPMS] You are invited",
        "[eMall CPMS] Sei invitato",
    ]
    assert ["Operatore" in one.body for one in mail.outbox] == [True, False, True]


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ["Mon-Fri 08:00-20:00, Sat 10:00-18:00", "€1,234.50", "NOK 1.00", "1.5 kWh"]),
        ("it", ["Lun-Ven 08:00-20:00, Sab 10:00-18:00", "1.234,50 €", "1,00 NOK", "1,5 kWh"]),
    ],
)
def test_opening_hours_and_money_are_written_as_the_language_does(language, written):
    with translation.override(language):
        assert [
            portal.weekdays("Mon-Fri 08:00-20:00, Sat 10:00-18:00"),
            portal.money(Decimal("1234.5"), "EUR"),
            portal.money(Decimal(1), "NOK"),
            portal.kwh(1500),
        ] == written


@pytest.mark.parametrize(
    ("refusal", "english", "italian"),
    [
        (Missing(), "There is no such object.", "Questo oggetto non esiste."),
        (
            BadCorrection("energy: from 0 to %(most)d kWh", most=5),
            "energy: from 0 to 5 kWh",
            "energia: da 0 a 5 kWh",
        ),
        (Invalid("name: “%(x)s” is bad", errors=["“%(x)s”"]), *["name: “%(x)s” is bad"] * 2),
        (Invalid("100 %(", most=5), *["100 %("] * 2),
    ],
)
def test_a_refusal_names_its_facts_in_each_language(refusal, english, italian):
    with translation.override("it"):
        assert (refusal.text, told(refusal)) == (english, italian)


def test_a_live_page_speaks_as_its_reader_does():
    headers = [(b"accept-language", b"it-IT,it;q=0.9")]

    assert language_of_page({"headers": headers}) == "it"
    assert language_of_page({"headers": headers, "user": User(language="en")}) == "en"
    assert language_of_page({"headers": [], "cookies": {COOKIE: "it"}}) == "it"


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ["1,234,567.9", "-0.50", "2", "7.4", "22", "3 Nov"]),
        ("it", ["1.234.567,9", "-0,50", "2", "7,4", "22", "3 nov"]),
    ],
)
def test_figures_and_days_are_written_as_the_language_does(language, written):
    with translation.override(language):
        assert [
            figures.figure(1_234_567.89, 1),
            figures.figure(Decimal("-0.495"), 2),
            figures.figure(2.4),
            figures.shortest(7.4),
            figures.shortest(22.0),
            figures.day(datetime(2026, 11, 3, tzinfo=UTC)),
        ] == written
