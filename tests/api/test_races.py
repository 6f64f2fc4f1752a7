"""Several programs ask for the same at once: one gets it, the others are told."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.api.conftest import Api
from tests.api.test_places import LOCATION
from tests.factories.accounts import UserFactory
from tests.factories.stations import LocationFactory, StationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("locations", LOCATION),
        ("stations", {"identity": "CP1", "location_id": "LOC1"}),
        ("evses", {"uid": "E1", "location_id": "LOC1"}),
        ("tokens", {"uid": "04AABBCC"}),
        ("users", {"email": "a@example.com", "role": "viewer", "password": "horse battery"}),
        (
            "tariffs",
            {
                "country_code": "NL",
                "party_id": "EMA",
                "id": "DAY",
                "currency": "EUR",
                "elements": [{"price_components": [{"type": "FLAT", "price": 1, "step_size": 1}]}],
            },
        ),
    ],
)
def test_of_four_that_add_the_same_one_succeeds(path, body):
    LocationFactory(ocpi_id="LOC1")
    api = Api(UserFactory())

    codes = at_once(lambda: api.post(path, body).status_code)

    assert sorted(codes) == [201, 409, 409, 409]


def test_of_four_that_delete_the_same_one_succeeds():
    StationFactory(identity="CP1")
    api = Api(UserFactory())

    codes = at_once(lambda: api.delete("stations/CP1").status_code)

    assert sorted(codes) == [204, 404, 404, 404]


def test_a_change_of_what_is_deleted_meanwhile_is_no_failure_of_ours():
    api = Api(UserFactory())
    for _ in range(5):
        StationFactory(identity="CP1")
        kinds = iter(["PATCH", "DELETE", "PATCH", "PATCH"])

        codes = at_once(lambda kinds=kinds: api.ask(next(kinds), "stations/CP1", {}).status_code)

        assert set(codes) <= {200, 204, 404}


def at_once(ask):
    def asked(_):
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(asked, range(4)))
