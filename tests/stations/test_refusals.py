"""Connections that were not let in are counted, and the oldest forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from stations.models import RefusedConnection
from stations.services.refusals import Refusal, count_refusals, forget_refusals

NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)
WRONG_KEY = Refusal("CP001", "192.0.2.1", 401)
UNKNOWN = Refusal("CP999", "192.0.2.1", 404)

pytestmark = pytest.mark.django_db


def stored():
    names = ("identity", "remote_address", "status", "count", "first_at", "last_at")
    return list(RefusedConnection.objects.order_by("identity").values_list(*names))


def test_refusals_add_up_by_who_where_and_why():
    count_refusals(counts={WRONG_KEY: 2, UNKNOWN: 1}, now=NOON)
    count_refusals(counts={WRONG_KEY: 3}, now=NOON + timedelta(hours=1))

    assert stored() == [
        ("CP001", "192.0.2.1", 401, 5, NOON, NOON + timedelta(hours=1)),
        ("CP999", "192.0.2.1", 404, 1, NOON, NOON),
    ]


def test_only_the_newest_are_kept():
    for minute in range(3):
        refusal = Refusal(f"CP{minute}", "192.0.2.1", 404)
        count_refusals(counts={refusal: 1}, now=NOON + timedelta(minutes=minute))

    gone = forget_refusals(most=2)

    assert gone == 1
    assert [row[0] for row in stored()] == ["CP1", "CP2"]
