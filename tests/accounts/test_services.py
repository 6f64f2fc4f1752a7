from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts import services
from accounts.errors import (
    EmailTaken,
    LastAdministrator,
    UnknownUser,
    WeakPassword,
    WrongCredentials,
)
from accounts.models import ApiToken, User
from cpms.kernel.errors import DomainError, Invalid
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def facts(user):
    user.refresh_from_db()
    return (user.email, user.name, user.role, user.is_active)


def test_save_administrator_makes_one_who_can_log_in():
    user = services.save_administrator(
        email=" Ann@Example.com ".strip(), password=PASSWORD, now=NOON
    )

    assert facts(user) == ("ann@example.com", "", "administrator", True)
    assert services.log_in(email="ANN@example.com", password=PASSWORD) == user


def test_save_administrator_raises_whom_it_finds_and_gives_the_password():
    user = UserFactory(email="ann@example.com", role="viewer", is_active=False, name="Ann")

    saved = services.save_administrator(
        email="ANN@example.com", password="another long one", now=NOON
    )

    assert saved == user
    assert facts(user) == ("ann@example.com", "Ann", "administrator", True)
    assert services.log_in(email="ann@example.com", password="another long one") == user
    with pytest.raises(WrongCredentials):
        services.log_in(email="ann@example.com", password=PASSWORD)


@pytest.mark.parametrize(
    ("email", "password", "refusal"),
    [
        ("no address", PASSWORD, Invalid),
        ("", PASSWORD, Invalid),
        ("a@b", PASSWORD, Invalid),
        ("a" * 250 + "@example.com", PASSWORD, Invalid),
        ("a\0b@example.com", PASSWORD, Invalid),
        ("ann@example.com", "short", WeakPassword),
        ("ann@example.com", "123456789", WeakPassword),
        ("ann@example.com", "ann@example.com", WeakPassword),
        ("ann@example.com", "", WeakPassword),
    ],
)
def test_save_administrator_refuses(email, password, refusal):
    with pytest.raises(refusal):
        services.save_administrator(email=email, password=password, now=NOON)

    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["ann@example.com", "ANN@example.com"])
def test_an_address_is_one_users(email):
    UserFactory(email="ann@example.com")

    with pytest.raises(EmailTaken):
        services.add_user(email=email, name="", role="viewer", password=PASSWORD)

    assert User.objects.count() == 1


def test_change_user_changes_what_is_given():
    UserFactory(role="administrator")
    user = UserFactory(email="ann@example.com", name="Ann", role="viewer")

    services.change_user(
        user=user, now=NOON, name="Anna", role="operator", password="another long one"
    )

    assert facts(user) == ("ann@example.com", "Anna", "operator", True)
    assert services.log_in(email="ann@example.com", password="another long one") == user
    services.change_user(user=user, now=NOON, is_active=False)
    assert facts(user) == ("ann@example.com", "Anna", "operator", False)


@pytest.mark.parametrize(
    ("change", "opens"),
    [
        (lambda user: services.change_user(user=user, now=NOON, password="another long one"), 0),
        (lambda user: services.change_user(user=user, now=NOON, password=PASSWORD), 1),
        (lambda user: services.change_user(user=user, now=NOON, name="X"), 1),
        (
            lambda user: services.save_administrator(
                email=user.email, password="another long one", now=NOON
            ),
            0,
        ),
        (lambda user: services.choose_password(user=user, password="a third one", now=NOON), 0),
    ],
)
def test_another_password_revokes_the_api_tokens_of_that_user(change, opens):
    user, other = UserFactory(), UserFactory()

    change(user)

    assert [ApiToken.objects.usable(NOON).filter(user=one).count() for one in (user, other)] == [
        opens, 1
    ]  # fmt: skip


def test_a_refused_change_changes_nothing():
    user = UserFactory(role="administrator", name="Ann")
    before = facts(user)

    with pytest.raises(LastAdministrator):
        services.change_user(
            user=user, now=NOON, name="X", password="another long one", role="viewer"
        )

    assert facts(user) == before
    assert services.log_in(email=user.email, password=PASSWORD) == user


@pytest.mark.parametrize(
    "change",
    [
        lambda user: services.change_user(user=user, now=NOON, role="operator"),
        lambda user: services.change_user(user=user, now=NOON, is_active=False),
        lambda user: services.change_user(user=user, now=NOON, role="viewer", name="X"),
        lambda user: services.delete_user(user=user, now=NOON),
    ],
)
def test_the_last_active_administrator_remains(change):
    UserFactory(role="administrator", is_active=False)
    last = UserFactory(role="administrator")

    with pytest.raises(LastAdministrator):
        change(last)

    assert facts(last)[2:] == ("administrator", True)


def test_who_was_deleted_meanwhile_is_unknown():
    UserFactory(role="administrator")
    user = UserFactory(role="viewer")
    User.objects.filter(pk=user.pk).delete()

    for change in (services.change_user, services.delete_user):
        with pytest.raises(UnknownUser):
            change(user=user, now=NOON)


@pytest.mark.parametrize(
    "change",
    [
        lambda user: services.change_user(user=user, now=NOON, role="viewer", name="X"),
        lambda user: services.change_user(user=user, now=NOON, is_active=False),
        lambda user: services.delete_user(user=user, now=NOON),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_of_twenty_administrators_who_leave_at_once_one_remains(change):
    users = [UserFactory(role="administrator") for _ in range(20)]

    def leave(user):
        try:
            change(user)
        except DomainError as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(leave, users))

    assert answers.count(LastAdministrator) == 1
    assert User.objects.filter(role="administrator", is_active=True).count() == 1


def test_a_token_is_kept_as_its_digest_only():
    user = UserFactory()

    token, text = services.issue_token(user=user, name="billing", now=NOON)

    stored = ApiToken.objects.filter(pk=token.pk).values().get()
    assert text not in str(stored)
    assert (token.name, token.prefix, token.expires_at, token.last_used_at, token.revoked_at) == (
        "billing",
        text[:12],
        NOON + timedelta(days=90),
        None,
        None,
    )


@pytest.mark.parametrize(
    ("lifetime", "after", "is_usable"),
    [
        (timedelta(days=1), timedelta(days=1) - SECOND, True),
        (timedelta(days=1), timedelta(days=1), False),
        (None, timedelta(days=36_500), True),
    ],
)
def test_a_token_lasts_as_long_as_was_said(lifetime, after, is_usable):
    user = UserFactory()
    _, text = services.issue_token(user=user, name="t", now=NOON, lifetime=lifetime)

    found = services.user_of_token(text=text, now=NOON + after)

    assert found == (user if is_usable else None)


@pytest.mark.parametrize("text", ["", "cpms_", "cpms_" + "A" * 43, "é\0"])
def test_no_other_text_is_a_token(text):
    UserFactory()

    assert services.user_of_token(text=text, now=NOON) is None


def test_a_revoked_token_opens_nothing_and_keeps_when_it_was_revoked():
    user = UserFactory()
    token, text = services.issue_token(user=user, name="t", now=NOON)

    services.revoke_token(token=token, now=NOON)
    services.revoke_token(token=token, now=NOON + SECOND)

    token.refresh_from_db()
    assert (token.revoked_at, services.user_of_token(text=text, now=NOON)) == (NOON, None)


def test_the_tokens_of_who_is_inactive_or_gone_open_nothing():
    UserFactory(role="administrator")
    user = UserFactory(role="viewer")
    _, text = services.issue_token(user=user, name="t", now=NOON)

    services.change_user(user=user, now=NOON, is_active=False)
    inactive = services.user_of_token(text=text, now=NOON)
    services.delete_user(user=user, now=NOON)

    assert (inactive, services.user_of_token(text=text, now=NOON)) == (None, None)


def test_last_used_is_noted_by_the_minute():
    user = UserFactory()
    token, text = services.issue_token(user=user, name="t", now=NOON)
    noted = []

    for seconds in (0, 59, 60, 61, 100):
        services.user_of_token(text=text, now=NOON + seconds * SECOND)
        token.refresh_from_db()
        noted.append((token.last_used_at - NOON).total_seconds())

    assert noted == [0, 0, 0, 61, 61]
