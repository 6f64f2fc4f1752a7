"""Nonsense is answered by a problem with a stable code, never by a 500."""

import base64
from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.client import FakePayload
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import problem_of
from tests.api.test_access import CALLS
from tests.factories.accounts import UserFactory
from tests.factories.booking import CdrFactory, SessionFactory, TokenFactory
from tests.factories.energy import BatteryFactory
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory, StationFactory
from tests.factories.tariffs import TariffFactory

pytestmark = pytest.mark.django_db

LISTS = ["locations", "stations", "evses", "connectors", "sessions", "cdrs", "tariffs", "tokens",
         "users", "api-tokens", "batteries"]  # fmt: skip
WRITES = [(path, method) for path, method in CALLS if method in {"POST", "PUT", "PATCH"}]
BODIES = {
    "not JSON": (b"{", "parse_error"),
    "nothing but a word": (b"hello", "parse_error"),
    "not UTF-8": (b'{"a": "\xff"}', "parse_error"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "parse_error"),
    "NaN": (b'{"a": NaN}', "parse_error"),
    "a number beyond all bounds": (b'{"a": 1e999}', "parse_error"),
    "a lone surrogate": (rb'{"a": "\ud800"}', "parse_error"),
    "NUL in a text": (rb'{"a": "b\u0000c"}', "parse_error"),
    "NUL in a name": (rb'{"a\u0000": 1}', "parse_error"),
    "deep nesting": (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "parse_error"),
    "nesting just too deep": (b"[" * 40 + b"]" * 40, "parse_error"),
    "too many bytes": (b'{"a": "' + b"x" * 3_000_000 + b'"}', "body_too_large"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_read_is_refused_everywhere(admin, place, name):
    body, code = BODIES[name]
    status = 413 if code == "body_too_large" else 400

    for path in ("auth/token", "locations", "stations/CP1/commands", "sessions/start", "tokens"):
        assert problem_of(admin.ask("POST", path, body)) == (status, code), path
    assert problem_of(admin.ask("PATCH", "evses/E1", body)) == (status, code)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x", ""],
)
def test_another_content_type_is_refused(admin, content_type):
    answer = admin.ask("POST", "locations", b"name=x", content_type=content_type)

    assert problem_of(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"7", b'"x"', b"true", b"[{}]", b'{"x": {}}', b"[" * 9 + b"]" * 9]
)
def test_a_body_of_another_shape_never_ends_in_a_500(admin, place, body):
    for path, method in WRITES:
        known = path.replace("locations/NONE", "locations/LOC1").replace(
            "stations/NONE", "stations/CP1"
        )
        known = known.replace("evses/NONE", "evses/E1").replace("connectors/NONE", "connectors/E1")

        answer = admin.ask(method, known, body)

        if answer.status_code >= 300:
            assert problem_of(answer)[0] in {400, 404}, (known, method)


WILD = [None, True, -1, 2**64, 1e300, "", "x" * 5000, "\u202e", [], [None], {"a": 1},
        "0001-01-01T00:00:00+14:00"]  # fmt: skip
ONLY_WHEN_NEW = {"id", "identity", "uid", "evse_uid", "location_id", "email", "country_code",
                 "party_id", "type", "password", "evses", "evse_uids"}  # fmt: skip


@pytest.mark.parametrize("wild", WILD, ids=lambda value: repr(value)[:24])
def test_a_wild_value_in_any_field_never_ends_in_a_500(admin, place, wild):
    TariffFactory(ocpi_id="DAY")
    token = TokenFactory()
    user = UserFactory(role="viewer")
    paths = ["locations/LOC1", "stations/CP1", "evses/E1", "connectors/E1:1", "tariffs/DAY",
             f"tokens/{token.pk}", f"users/{user.pk}"]  # fmt: skip

    for path in paths:
        whole = admin.get(path).json()
        for name in [*whole, "evse_uids", "connectors", "password", "location_ids"]:
            answer = admin.patch(path, {name: wild})
            if answer.status_code != 200:
                assert problem_of(answer)[0] in {400, 404, 409}, (path, name)
        for name in ONLY_WHEN_NEW:
            answer = admin.post(path.split("/")[0], whole | {"email": "a@b.nl", name: wild})
            if answer.status_code != 201:
                assert problem_of(answer)[0] in {400, 404, 409}, (path, name)
        assert admin.get(path.split("/")[0]).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "\0",
        "a\0b",
        "..",
        "%",
        "é",
        "x" * 5000,
        "💥",
        "' OR 1=1 --",
        "99999999999999999999",
        "-1",
        "\n",
    ],
)
def test_a_name_that_nothing_has_is_not_found(admin, place, name):
    for path in [*LISTS, "commands"]:
        for method in ("GET", "DELETE", "PATCH"):
            answer = admin.ask(method, f"{path}/{quote(name, safe='')}", {})

            assert answer.status_code in {404, 405}, (path, method)
            problem_of(answer)


@pytest.mark.parametrize(
    "path", ["", "nothing", "nothing/at/all", "stations/CP1/nothing", "v2", "%00"]
)
def test_a_route_that_is_not_there_is_a_problem_too(admin, path):
    assert problem_of(admin.get(path)) == (404, "not_found")
    assert problem_of(admin.post(f"/api/{path}")) == (404, "not_found")


@pytest.mark.parametrize("cursor", ["", "x", "💥", "cD0=", "%00", "A" * 9000, "////"])
def test_a_bad_cursor_is_refused(admin, cursor):
    for path in LISTS:
        answer = admin.get(f"{path}?cursor={quote(cursor, safe='%')}")
        if answer.status_code != 200:
            assert problem_of(answer) == (400, "invalid_cursor"), path


@pytest.mark.parametrize("position", ["garbage", "\0", "99999999999999999999999", "2026-99-99", ""])
def test_a_forged_cursor_is_refused(admin, place, position):
    SessionFactory()
    forged = base64.b64encode(urlencode({"p": position, "o": "-5", "r": "1"}).encode()).decode()
    whole = base64.b64encode(urlencode({"p": position}).encode()).decode()

    for cursor in (forged, whole):
        for path in LISTS:
            answer = admin.get(f"{path}?{urlencode({'cursor': cursor})}")
            if answer.status_code != 200:
                assert problem_of(answer) == (400, "invalid_cursor"), path


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "", "٣", "\0", "1e3"])
def test_a_bad_limit_is_refused(admin, limit):
    answer = admin.get(f"locations?{urlencode({'limit': limit})}")

    assert problem_of(answer) == (400, "invalid")
    assert "limit" in answer.json()["errors"]


def test_a_chunked_body_is_read_though_it_tells_no_length(admin):
    request = {"content_type": "application/json", "headers": {"transfer-encoding": "chunked"}}
    extra = {"wsgi.input": FakePayload(b"{"), "CONTENT_LENGTH": ""}

    answer = Client().post("/api/v1/auth/token", **request, **extra)

    assert problem_of(answer) == (400, "parse_error")


def test_a_limit_beyond_the_most_gives_the_most(admin):
    assert admin.get(f"locations?limit={'9' * 30}").status_code == 200
    assert admin.get(f"locations?limit={'9' * 5000}").status_code in {200, 400}


FILTERS = [
    "locations?publish=perhaps",
    "locations?date_from=yesterday",
    "locations?date_to=0001-01-01T00:00:00%2B14:00",
    "locations?date_from=99999-01-01",
    "locations?ordering=password",
    "locations?ordering=-",
    "locations?name=%00",
    "stations?connected=maybe",
    "evses?reported_status=Happy",
    "evses?station=%00",
    "connectors?format=x",
    "sessions?status=active",
    "sessions?started_from=1",
    "sessions?ordering=id_token",
    "cdrs?session_id=1",
    "tokens?type=%00",
    "users?role=king",
    "tariffs?id=%00",
]


@pytest.mark.parametrize("path", FILTERS)
def test_a_bad_filter_value_is_refused(admin, path):
    answer = admin.get(path)

    if answer.status_code != 200 or "0001" not in path:
        assert problem_of(answer) == (400, "invalid")
        assert answer.json()["errors"]


def test_an_answer_is_json_or_refused_whatever_is_accepted(admin):
    assert admin.get("locations", accept="*/*").status_code == 200
    assert problem_of(admin.get("locations", accept="text/html")) == (406, "not_acceptable")


def test_a_trailing_slash_does_no_harm(admin, place):
    for path in (*LISTS, "locations/LOC1", "locations/LOC1/external-status", "stations/CP1"):
        assert admin.get(f"{path}/").json() == admin.get(path).json()


def test_lists_take_the_same_number_of_queries_for_one_row_and_for_three(admin):
    def add():
        tariff = TariffFactory()
        evse = EvseFactory(station=StationFactory(location=LocationFactory()))
        connector = ConnectorFactory(evse=evse)
        admin.patch(f"connectors/{evse.uid}:{connector.ocpi_id}", {"tariff_ids": [tariff.ocpi_id]})
        admin.patch(f"tariffs/{tariff.ocpi_id}", {"location_ids": [evse.location.ocpi_id]})
        CdrFactory(session=SessionFactory(evse=evse, ended=True))
        UserFactory()
        BatteryFactory()

    def counts():
        found = {}
        for path in LISTS:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                found[path] = len(admin.get(path).json()["results"]) and len(queries)
        return found

    add()
    once = counts()
    add()
    add()

    assert counts() == once
    assert all(0 < count <= 9 for count in once.values()), once
