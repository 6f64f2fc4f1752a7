"""What a page costs the database: as much for one row as for fifty."""

import pytest
from django.urls import reverse

from accounts.enums import Role
from accounts.models import User
from booking.models import ChargingSession, Token
from stations.models import Location
from tests.factories.alerts import AlertFactory
from tests.portal.network import busy_station, refused


@pytest.mark.parametrize(
    "page",
    ["overview", "stations", "locations", "picker", "sessions", "tokens", "refusals", "alerts"],
)
def test_a_list_costs_the_same_for_one_row_and_for_fifty(
    viewer, page, django_assert_max_num_queries
):
    counts = []
    for rows in (1, 49):
        for number in range(rows):
            busy_station(f"CP{rows}-{number}")
            Token.objects.create(uid=f"T{rows}-{number}")
            refused(f"CP{rows}-{number}")
            AlertFactory(location=Location.objects.latest("pk"))
        with django_assert_max_num_queries(12) as queries:
            viewer.get(reverse(page))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_users_cost_the_same_for_one_and_for_fifty(administrator, django_assert_max_num_queries):
    counts = []
    for rows in (1, 49):
        for number in range(rows):
            User.objects.create(email=f"{rows}-{number}@example.com", role=Role.VIEWER)
        with django_assert_max_num_queries(12) as queries:
            administrator.get(reverse("users"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("page", ["station", "location"])
def test_a_page_costs_the_same_for_one_evse_and_for_fifty(
    viewer, page, django_assert_max_num_queries
):
    counts = []
    for identity, evses in (("ONE", 1), ("FIFTY", 50)):
        station = busy_station(identity, evses=evses)
        argument = identity if page == "station" else station.location.ocpi_id
        with django_assert_max_num_queries(14) as queries:
            viewer.get(reverse(page, args=[argument]))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_session_costs_few_queries(viewer, django_assert_max_num_queries):
    busy_station()

    with django_assert_max_num_queries(12):
        viewer.get(reverse("session", args=[ChargingSession.objects.get().pk]))
