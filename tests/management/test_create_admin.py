import pytest
from django.utils import timezone

from accounts import services
from accounts.models import ApiToken, User
from tests.factories.accounts import PASSWORD, UserFactory
from tests.management.conftest import manage

NEW = "another long password"
ANN = ("create_admin", "--email", "Ann@Example.com", "--password", NEW)


def test_it_makes_an_administrator_who_can_log_in(command):
    outcome = command(*ANN)

    assert (outcome.code, outcome.out, outcome.err) == (
        0,
        "ann@example.com is an administrator.\n",
        "",
    )
    user = services.log_in(email="ann@example.com", password=NEW)
    assert (user.role, user.is_active, ApiToken.objects.count()) == ("administrator", True, 0)


def test_for_an_existing_address_it_sets_the_password(command):
    user = UserFactory(email="ann@example.com", role="viewer")

    outcome = command(*ANN)

    assert (outcome.code, User.objects.count()) == (0, 1)
    assert services.log_in(email="ann@example.com", password=NEW) == user
    assert User.objects.get().role == "administrator"


def test_with_token_it_prints_only_a_token_that_opens_the_api(command):
    outcome = command(*ANN, "--token")

    text = outcome.out.removesuffix("\n")
    assert (outcome.code, outcome.err, text.split()) == (0, "", [text])
    assert services.user_of_token(text=text, now=timezone.now()).email == "ann@example.com"


@pytest.mark.parametrize(("more", "has_token"), [(["--token"], True), ([], False)])
def test_json(command, more, has_token):
    outcome = command(*ANN, "--json", *more)

    assert outcome.code == 0
    assert outcome.json.keys() == {"email", "token"}
    assert outcome.json["email"] == "ann@example.com"
    assert (outcome.json["token"] is not None) == has_token


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("no address", NEW),
        ("", NEW),
        ("a" * 300 + "@example.com", NEW),
        ("ann@example.com", "short"),
        ("ann@example.com", ""),
        ("ann@example.com", "password123"),
    ],
)
def test_a_refusal_is_one_line_and_changes_nothing(command, email, password):
    outcome = command("create_admin", "--email", email, "--password", password, "--token")

    assert (outcome.code, outcome.out, len(outcome.lines)) == (1, "", 1)
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_as_a_process_of_its_own(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

    made = manage(*ANN, "--token")
    refused = manage("create_admin", "--email", "x", "--password", PASSWORD, "--json")

    assert (made.code, made.err, made.out.startswith("cpms_")) == (0, "", True)
    assert (refused.code, refused.out, len(refused.lines)) == (1, "", 1)
