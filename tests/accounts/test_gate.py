"""Log-in, sign-up and mails, as a stranger meets them."""

import re

import pytest
import redis
from django.conf import settings as live_settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client

from accounts import services
from accounts.errors import WrongCredentials
from accounts.models import ApiToken, User
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another long pass phrase"
NEW = {"email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _forget_attempts():
    """Attempts are counted in Redis, which no transaction rolls back."""
    yield
    with redis.Redis.from_url(live_settings.REDIS_URL) as server:
        for counted in ("allauth", "log-in"):
            if keys := list(server.scan_iter(f"{live_settings.KEY_PREFIX}*{counted}*")):
                server.delete(*keys)


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("/password/reset/", {"email": "anna@example.com"}),
        ("/password/reset/", {"email": "nobody@example.com"}),
        ("/signup/", NEW),
        ("/signup/", NEW | {"email": "anna@example.com"}),
    ],
)
def test_mails_lead_to_our_public_address_whatever_host_was_asked(settings, url, form):
    settings.PUBLIC_URL = "https://cpms.example.org"
    UserFactory(email="anna@example.com")

    answer = Client().post(url, form, headers={"host": "evil.example"})

    (sent,) = mail.outbox
    assert answer.status_code == 302
    assert sent.subject.startswith("[eMall CPMS] ")
    assert "evil.example" not in sent.subject + sent.body
    links = re.findall(r"https?://\S+", sent.body)
    assert links
    assert all(link.startswith("https://cpms.example.org/") for link in links)


def test_signing_up_costs_the_same_whether_the_address_is_known_or_not(monkeypatch):
    UserFactory(email="anna@example.com")
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *given: hashed.append(1) or encode(*given)
    )

    counts = []
    for email in ("eve@example.com", "anna@example.com"):
        Client().post("/signup/", NEW | {"email": email})
        counts.append(len(hashed))
        hashed.clear()

    assert counts == [1, 1]


def test_an_address_that_nobody_confirmed_gets_no_token():
    Client().post("/signup/", NEW)
    user = User.objects.get()
    user.role = "administrator"  # given by somebody who trusts the address
    user.save()

    with pytest.raises(WrongCredentials):
        services.log_in(email=NEW["email"], password=PASSWORD)
    services.confirm_email(user=user)
    assert services.log_in(email=NEW["email"], password=PASSWORD) == user


def test_a_link_from_a_mail_sets_the_password():
    UserFactory(email="anna@example.com")
    client = Client()
    client.post("/password/reset/", {"email": "anna@example.com"})
    (link,) = re.findall(r"https?://\S+", mail.outbox[0].body)

    page = client.get(link.partition(live_settings.PUBLIC_URL)[2], follow=True)
    new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(page.redirect_chain[-1][0], new)

    assert User.objects.get().check_password(NEW_PASSWORD)
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_a_password_changed_in_the_portal_revokes_api_tokens():
    user = UserFactory()
    client = Client()
    client.force_login(user)
    new = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    page = client.get("/password/change/").content.decode()
    client.post("/password/change/", new)

    user.refresh_from_db()
    assert "Your API tokens open nothing from then on" in page
    assert user.check_password(NEW_PASSWORD)
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_nobody_locks_out_a_colleague_from_another_address(settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": None}
    UserFactory(email="anna@example.com")
    wrong = {"login": "anna@example.com", "password": "wrong"}
    right = {"login": "anna@example.com", "password": PASSWORD}
    mallory, anna = Client(REMOTE_ADDR="198.51.100.1"), Client(REMOTE_ADDR="203.0.113.1")

    for _ in range(10):
        mallory.post("/login/", wrong)
    refused = mallory.post("/login/", right)
    let_in = anna.post("/login/", right)

    assert "Too many failed login attempts" in refused.content.decode()
    assert (let_in.status_code, let_in["Location"]) == (302, "/")


def test_without_redis_people_log_in_all_the_same(settings):
    settings.CACHES = {
        name: cache | {"LOCATION": "redis://127.0.0.1:1/0"}
        for name, cache in settings.CACHES.items()
    }
    user = UserFactory()

    wrong = Client().post("/login/", {"login": user.email, "password": "wrong"})
    right = Client().post("/login/", {"login": user.email, "password": PASSWORD})

    assert wrong.status_code == 200
    assert (right.status_code, right["Location"]) == (302, "/")


def test_who_tries_too_often_gets_a_page_that_says_so(settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    client = Client()
    client.post("/signup/", NEW)

    answer = client.post("/signup/", NEW)

    assert answer.status_code == 429
    assert "Wait a few minutes and try again." in answer.content.decode()


def test_the_page_after_the_log_in_is_one_of_ours():
    user = UserFactory()
    form = {"login": user.email, "password": PASSWORD}

    answers = [
        Client().post("/login/", form | {"next": url})["Location"]
        for url in ("/stations/", "https://evil.example/", "//evil.example", "/\\evil.example")
    ]

    assert answers == ["/stations/", "/", "/", "/"]
