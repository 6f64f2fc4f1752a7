"""Who asked for what."""

import pytest
from django.core import mail
from django.test import Client

from accounts.models import ApiToken, AuditEntry, User
from tests.api.conftest import Api
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return UserFactory(email="boss@example.com", role="administrator")


@pytest.fixture
def browser(boss):
    client = Client()
    client.force_login(boss)
    return client


def entries():
    return [
        (one.email, one.method, one.path, one.status, one.said)
        for one in AuditEntry.objects.order_by("pk")
    ]


def test_a_change_in_the_portal_is_noted_without_its_secrets(browser):
    browser.get("/users/")
    form = {"email": "eve@example.com", "name": "Eve", "role": "viewer", "password": PASSWORD}

    browser.post("/users/add/", form)

    said = {**form, "password": "[redacted]"}
    assert entries() == [("boss@example.com", "POST", "/users/add/", 302, said)]


def test_what_a_program_asks_for_is_noted_with_its_answer(boss):
    api = Api(boss)
    api.get("users")
    api.post("stations/NONE/commands", {"action": "Reset", "payload": {"type": "Soft"}})
    api.post("users", {"email": "no address"})
    api.ask("POST", "users", b"{")

    command = {"action": "Reset", "payload": {"type": "Soft"}}
    assert [entry[2:] for entry in entries()] == [
        ("/api/v1/stations/NONE/commands", 404, command),
        ("/api/v1/users", 400, {"email": "no address"}),
        ("/api/v1/users", 400, {}),
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x" * 9_000, {"name": "x" * 4_000}),
        ("a\0b", {}),
        ("\ud800", {}),
    ],
)
def test_whatever_is_sent_can_be_noted(boss, name, said):
    Api(boss).post("api-tokens", {"name": name})

    ((*_who, status, kept),) = entries()
    assert (status, kept) == (400, said)


def test_what_is_refused_by_role_and_what_strangers_ask_is_none_of_it():
    viewer = UserFactory(role="viewer")
    client = Client()
    client.force_login(viewer)

    client.post("/users/add/", {})
    Client().post("/login/", {"login": viewer.email, "password": "wrong"})
    Api().post("auth/token", {"email": viewer.email, "password": PASSWORD})

    assert entries() == []


def test_it_is_noted_before_it_is_done(browser, monkeypatch):
    def fall_over(**given):
        assert [entry[3] for entry in entries()] == [None]
        raise RuntimeError("a bug")

    monkeypatch.setattr("accounts.services.issue_token", fall_over)
    browser.raise_request_exception = False

    browser.post("/api-tokens/", {"name": "robot"})

    assert [entry[3] for entry in entries()] == [500]
    assert not ApiToken.objects.filter(name="robot").exists()


def test_the_log_is_read_by_administrators_and_outlives_who_is_in_it(browser, boss):
    other = UserFactory(email="gone@example.com", role="administrator")
    Api(other).post("api-tokens", {"name": "robot"})
    User.objects.get(pk=other.pk).delete()

    page = browser.get("/audit/", {"who": "gone"}).content.decode()
    none = browser.get("/audit/", {"what": "partners"}).content.decode()
    rows = Api(boss).get("audit?email=gone@example.com").json()["results"]

    assert "POST /api/v1/api-tokens" in page
    assert "robot" in page
    assert "Nothing fits." in none
    assert [(row["path"], row["said"], row["status"]) for row in rows] == [
        ("/api/v1/api-tokens", {"name": "robot"}, 201)
    ]


def link_in(sent):
    return next(word for word in sent.body.split() if "/password/reset/key/" in word)


@pytest.mark.parametrize("door", ["portal", "REST"])
def test_who_is_added_without_a_password_is_invited_to_choose_one(browser, boss, settings, door):
    settings.PUBLIC_URL = "https://cpms.example.org"
    form = {"email": "eve@example.com", "name": "Eve", "role": "operator"}

    if door == "portal":
        browser.post("/users/add/", form)
    else:
        assert Api(boss).post("users", form).status_code == 201
    (sent,) = mail.outbox
    client, new = Client(), {"password1": "a new pass phrase", "password2": "a new pass phrase"}
    link = link_in(sent)
    page = client.get(link.removeprefix("https://cpms.example.org"), follow=True)
    client.post(page.redirect_chain[-1][0], new)
    answer = client.post("/login/", {"login": "eve@example.com", "password": "a new pass phrase"})

    assert link.startswith("https://cpms.example.org/")
    assert "Operator" in sent.body
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_an_invitation_that_is_not_sent_can_be_sent_again(browser, settings):
    form = {"email": "eve@example.com", "name": "", "role": "viewer", "password": ""}
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1

    said = browser.post("/users/add/", form, follow=True).content.decode()
    settings.EMAIL_BACKEND = backend
    again = browser.post(f"/users/{User.objects.get(email='eve@example.com').pk}/invite/")

    assert "The mail could not be sent" in said
    assert "Invite again" in said
    assert again.status_code == 302
    assert len(mail.outbox) == 1
