import json

import pytest
import redis
from django.conf import settings
from django.test import Client

from tests.factories.accounts import UserFactory
from tests.factories.stations import (
    ConnectorFactory,
    EvseFactory,
    LocationFactory,
    StationFactory,
)


class Api:
    """A program that speaks to the API as one user, or as nobody."""

    def __init__(self, user=None):
        self.user = user
        self._client = Client(raise_request_exception=True)
        self._headers = {"authorization": f"Bearer {user.bearer}"} if user else {}

    def ask(self, method, path, body=None, content_type="application/json", **headers):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        url = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        return self._client.generic(
            method, url, data, content_type=content_type, headers={**self._headers, **headers}
        )

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None):
        return self.ask("POST", path, body)

    def put(self, path, body=None):
        return self.ask("PUT", path, body)

    def patch(self, path, body=None):
        return self.ask("PATCH", path, body)

    def delete(self, path):
        return self.ask("DELETE", path)


def problem_of(response):
    """Status, code: and a problem document it must be."""
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert {"type", "title", "status", "code", "detail"} <= body.keys()
    assert body["status"] == response.status_code
    return response.status_code, body["code"]


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _forget_attempts():
    """Failed log-ins are counted in Redis, which no transaction rolls back."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        for key in server.scan_iter(f"{settings.KEY_PREFIX}*log-in:*"):
            server.delete(key)


@pytest.fixture
def admin(db):
    return Api(UserFactory(role="administrator"))


@pytest.fixture
def operator(db):
    return Api(UserFactory(role="operator"))


@pytest.fixture
def viewer(db):
    return Api(UserFactory(role="viewer"))


@pytest.fixture
def nobody(db):
    return Api()


@pytest.fixture
def place(db):
    """LOC1 with the connected station CP1, its EVSE E1 and a connector of 22 kW."""
    location = LocationFactory(ocpi_id="LOC1", name="Station square")
    station = StationFactory(identity="CP1", location=location)
    evse = EvseFactory(uid="E1", station=station, number=1)
    ConnectorFactory(evse=evse)
    return location
