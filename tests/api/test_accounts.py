from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from tests.api.conftest import Api, problem_of
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def test_a_log_in_gives_a_token_that_opens_the_api(nobody):
    user = UserFactory(email="anna@example.com", role="viewer")

    answer = nobody.post("auth/token", {"email": "Anna@Example.com", "password": PASSWORD})

    user.bearer = answer.json()["token"]
    assert answer.status_code == 200
    assert list(answer.json()) == ["token"]
    assert Api(user).get("locations").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"email": "anna@example.com", "password": "wrong"},
        {"email": "nobody@example.com", "password": PASSWORD},
        {"email": "x" * 200, "password": " "},
    ],
)
def test_wrong_credentials_are_refused_and_do_not_tell_which_part_is_wrong(nobody, body):
    UserFactory(email="anna@example.com")

    answer = nobody.post("auth/token", body)

    assert problem_of(answer) == (401, "wrong_credentials")
    assert answer["WWW-Authenticate"] == 'Bearer realm="cpms"'


def test_an_inactive_user_cannot_log_in(nobody):
    UserFactory(email="gone@example.com", is_active=False)

    answer = nobody.post("auth/token", {"email": "gone@example.com", "password": PASSWORD})

    assert problem_of(answer) == (401, "wrong_credentials")


def test_after_ten_failures_an_address_must_wait_even_with_the_right_password(nobody):
    UserFactory(email="victim@example.com")
    wrong = {"email": "victim@example.com", "password": "wrong"}
    codes = [nobody.post("auth/token", wrong).status_code for _ in range(10)]

    answer = nobody.post("auth/token", wrong | {"password": PASSWORD})

    assert codes == [401] * 10
    assert problem_of(answer) == (429, "too_many_attempts")
    assert answer["Retry-After"] == "300"
    other = UserFactory(email="other@example.com")
    body = {"email": other.email, "password": PASSWORD}
    assert nobody.post("auth/token", body).status_code == 200


def test_without_redis_people_log_in_all_the_same(nobody, settings):
    settings.CACHES = {
        name: cache | {"LOCATION": "redis://127.0.0.1:1/0"}
        for name, cache in settings.CACHES.items()
    }
    user = UserFactory()

    wrong = nobody.post("auth/token", {"email": user.email, "password": "wrong"})
    right = nobody.post("auth/token", {"email": user.email, "password": PASSWORD})

    assert problem_of(wrong) == (401, "wrong_credentials")
    assert right.status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(seconds=1)}],
)
def test_a_revoked_or_expired_token_opens_nothing(change, viewer):
    ApiToken.objects.filter(user=viewer.user).update(**change)

    assert problem_of(viewer.get("locations")) == (401, "authentication_failed")


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer \xff", "Bearer a b", "Bearer x" * 900]
)
def test_a_malformed_bearer_is_refused(nobody, value):
    assert problem_of(nobody.get("locations", authorization=value))[0] == 401


def test_ones_own_tokens_are_listed_made_and_revoked(viewer):
    made = viewer.post("api-tokens", {"name": "script", "lifetime_days": 7}).json()

    listed = viewer.get("api-tokens").json()["results"]
    assert [token["name"] for token in listed] == ["script", "tests"]
    assert made["token"].startswith(made["prefix"])
    assert "token" not in listed[0]

    program = Api(viewer.user)
    program._headers = {"authorization": f"Bearer {made['token']}"}
    assert program.get("locations").status_code == 200
    assert viewer.delete(f"api-tokens/{made['id']}").status_code == 204
    assert program.get("locations").status_code == 401


def test_nobody_sees_or_revokes_anothers_token(viewer, admin):
    token = ApiToken.objects.get(user=viewer.user)

    answer = admin.delete(f"api-tokens/{token.pk}")

    assert problem_of(answer) == (404, "unknown_api_token")
    assert [row["id"] for row in admin.get("api-tokens").json()["results"]] != [token.pk]
    assert viewer.get("locations").status_code == 200


def test_an_administrator_adds_changes_and_deletes_users(admin, nobody):
    body = {"email": "New@Example.com", "name": "New", "role": "viewer", "password": PASSWORD}
    made = admin.post("users", body)
    path = f"users/{made.json()['id']}"

    changed = admin.patch(path, {"role": "operator", "password": "another horse battery"})

    assert made.status_code == 201
    assert changed.json() == made.json() | {"role": "operator"}
    assert made.json()["email"] == "new@example.com"
    log_in = {"email": "new@example.com", "password": "another horse battery"}
    assert nobody.post("auth/token", log_in).status_code == 200
    assert admin.delete(path).status_code == 204
    assert problem_of(admin.get(path)) == (404, "unknown_user")


def test_an_email_is_taken_whatever_its_case(admin):
    body = {"email": admin.user.email.upper(), "role": "viewer", "password": PASSWORD}

    assert problem_of(admin.post("users", body)) == (409, "email_taken")


def test_a_weak_password_is_refused(admin):
    body = {"email": "new@example.com", "role": "viewer", "password": "password"}

    assert problem_of(admin.post("users", body)) == (400, "weak_password")
    assert not User.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": False}, None])
def test_the_last_administrator_remains(admin, change):
    path = f"users/{admin.user.pk}"

    answer = admin.patch(path, change) if change else admin.delete(path)

    assert problem_of(answer) == (403, "last_administrator")
    assert admin.get("users").status_code == 200


def test_a_session_of_the_portal_may_read_but_writes_only_with_its_csrf_token(admin):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin.user)

    read = browser.get("/api/v1/locations")
    write = browser.post("/api/v1/locations", "{}", content_type="application/json")

    assert read.status_code == 200
    assert problem_of(write) == (403, "permission_denied")
