"""Second factors at each door: portal, REST, and what administrators can do."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from accounts import services
from accounts.errors import SecondFactorNeeded, WrongCredentials
from tests.accounts.test_gate import _forget_attempts
from tests.factories.accounts import PASSWORD, UserFactory

__all__ = ["_forget_attempts"]
pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret):
    """What an app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def user():
    made = UserFactory(email="anna@example.com", role="viewer")
    TOTP.activate(made, SECRET)
    RecoveryCodes.activate(made)
    return made


def log_in(client, code=None):
    first = client.post("/login/", {"login": "anna@example.com", "password": PASSWORD})
    assert (first.status_code, first["Location"]) == (302, "/second-factor/authenticate/")
    return client.post(first["Location"], {"code": code}) if code else first


def test_an_app_is_chosen_and_gives_recovery_codes():
    user, client = UserFactory(email="anna@example.com", role="viewer"), Client()
    client.post("/login/", {"login": user.email, "password": PASSWORD})
    client.post("/reauthenticate/", {"password": PASSWORD})

    page = client.get("/second-factor/app/").content.decode()
    secret = re.search(r"<code>(\w+)</code>", page)[1]
    answer = client.post("/second-factor/app/", {"code": code_of(secret)}, follow=True)

    codes = re.findall(r"<code>(\d{8})</code>", answer.content.decode())
    assert "<svg" in page
    assert len(set(codes)) == 10
    kinds = Authenticator.objects.filter(user=user).values_list("type", flat=True)
    assert sorted(kinds) == ["recovery_codes", "totp"]
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_the_password_alone_opens_nothing(user):
    client = Client()
    log_in(client)

    assert client.get("/")["Location"].startswith("/login/")
    assert log_in(client, "000000").status_code == 200
    assert client.get("/")["Location"].startswith("/login/")
    assert log_in(client, code_of(SECRET))["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_recovery_code_opens_once(user):
    code = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()[0]

    assert [log_in(Client(), code).status_code for _ in range(2)] == [302, 200]


def test_a_program_needs_the_code_too(user):
    who = {"email": user.email, "password": PASSWORD}

    for wrong in ({}, {"code": "000000"}):
        with pytest.raises(SecondFactorNeeded):
            services.log_in(**who, **wrong)
    with pytest.raises(WrongCredentials) as refusal:
        services.log_in(email=user.email, password="wrong", code=code_of(SECRET))

    assert type(refusal.value) is WrongCredentials
    assert services.log_in(**who, code=code_of(SECRET)) == user
    answer = Client().post("/api/v1/auth/token", who, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_needed")


def test_an_administrator_helps_who_lost_everything(user):
    boss, client = UserFactory(role="administrator"), Client()
    client.force_login(boss)
    url = f"/users/{user.pk}/second-factor/remove/"
    viewer = Client()
    viewer.force_login(user)

    shown = url in client.get("/users/").content.decode()
    refused = viewer.post(url).status_code
    client.post(url)

    assert (shown, refused) == (True, 403)
    assert not Authenticator.objects.exists()
    assert services.log_in(email=user.email, password=PASSWORD) == user


@pytest.mark.parametrize(
    "url",
    ["", "app/remove/", "codes/", "codes/new/", "codes/download/", "keys/", "keys/add/"],
)
def test_pages_show_in_our_frame_and_run_nothing_inline(user, url):
    client = Client()
    log_in(client, code_of(SECRET))
    client.post("/reauthenticate/", {"password": PASSWORD})

    answer = client.get(f"/second-factor/{url}")

    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()
    assert "eMall CPMS" in answer.content.decode() or url == "codes/download/"
