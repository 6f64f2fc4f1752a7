from datetime import UTC, datetime, timedelta

import pytest

from ocpi.domain.results import result_of
from ocpi.models import Partner, PartnerCommand
from ocpi.services.results import forget_commands

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "status", "response", "error", "result"),
    [
        ("START_SESSION", "accepted", {"status": "Accepted"}, None, "ACCEPTED"),
        ("START_SESSION", "rejected", {"status": "Rejected"}, None, "REJECTED"),
        ("RESERVE_NOW", "rejected", {"status": "Occupied"}, None, "EVSE_OCCUPIED"),
        ("RESERVE_NOW", "rejected", {"status": "Faulted"}, None, "EVSE_INOPERATIVE"),
        ("RESERVE_NOW", "rejected", {"status": "Unavailable"}, None, "EVSE_INOPERATIVE"),
        ("RESERVE_NOW", "rejected", {"status": "Rejected"}, None, "ACCEPTED"),
        ("RESERVE_NOW", "accepted", {"status": "Accepted"}, None, "ACCEPTED"),
        ("RESERVE_NOW", "timed_out", None, {"code": "timed_out"}, "ACCEPTED"),
        ("RESERVE_NOW", "failed", None, {"code": "NotSupported"}, "ACCEPTED"),
        ("UNLOCK_CONNECTOR", "rejected", {"status": "NotSupported"}, None, "NOT_SUPPORTED"),
        ("UNLOCK_CONNECTOR", "rejected", {"status": "UnlockFailed"}, None, "FAILED"),
        ("UNLOCK_CONNECTOR", "rejected", {"status": []}, None, "REJECTED"),
        ("START_SESSION", "timed_out", None, {"code": "timed_out"}, "TIMEOUT"),
        ("START_SESSION", "failed", None, {"code": "connection_lost"}, "TIMEOUT"),
        ("START_SESSION", "failed", None, {"code": "station_offline"}, "TIMEOUT"),
        ("START_SESSION", "failed", None, {"code": "NotImplemented"}, "NOT_SUPPORTED"),
        ("START_SESSION", "failed", None, {"code": "InternalError"}, "FAILED"),
        ("START_SESSION", "failed", None, None, "FAILED"),
    ],
)
def test_what_a_station_answered_in_ocpis_words(kind, status, response, error, result):
    assert result_of(kind, status, response, error) == result


@pytest.mark.django_db
def test_commands_of_long_ago_are_forgotten_unless_something_is_owed():
    partner = Partner.objects.create(name="Roamer")
    made = {"partner": partner, "kind": "STOP_SESSION", "result": "ACCEPTED", "answer_by": NOW}
    rows = {
        "old": {"created_at": NOW - 91 * DAY},
        "owed": {"created_at": NOW - 91 * DAY, "due_at": NOW},
        "young": {"created_at": NOW - 89 * DAY},
    }
    for url, more in rows.items():
        PartnerCommand.objects.create(response_url=url, **made, **more)

    assert forget_commands(now=NOW) == 1
    left = PartnerCommand.objects.values_list("response_url", flat=True)
    assert sorted(left) == ["owed", "young"]
