"""The message log: filters, pairs, repeated values on one line, pages without gaps."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.urls import reverse

from stations.models import OcppMessage
from stations.portal.log import messages_fragments
from tests.factories.stations import StationFactory

NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def station(db):
    with connection.cursor() as cursor:  # unmanaged tables are not emptied between tests
        cursor.execute("TRUNCATE stations_ocppmessage")
    return StationFactory(identity="CP001")


@pytest.fixture
def say(station):
    numbers = iter(range(1, 10_000))

    def store(action, at=NOON, **fields):
        number = next(numbers)
        given = {
            "station_id": station.pk, "direction": "in", "message_id": f"m{number}",
            "request": "{}", "answer": '[3,"m",{}]', "answered_at": at + SECOND, **fields,
        }  # fmt: skip
        return OcppMessage.objects.create(id=number, at=at, action=action, **given)

    return store


def lines(client, **query):
    answer = client.get(reverse("messages"), query)
    assert answer.status_code == 200
    found = answer.context["lines"]
    return [(line.message.action, line.count) for line in found], answer


def test_a_request_stands_with_its_answer(viewer, say):
    say("Reset", direction="out", request='{"type":"Soft"}', answer='[3,"m",{"status":"Rejected"}]')

    _found, answer = lines(viewer)
    line = answer.context["lines"][0]

    assert (line.identity, line.ms, line.gist, line.outcome) == (
        "CP001", 1000, "type Soft", "Rejected"
    )  # fmt: skip
    assert "Rejected" in answer.content.decode()


@pytest.mark.parametrize(
    "text",
    [
        '{"vendorId":"\\ud800"}', '{"\\udfff":1}', '{"idTag":', "9" * 5000, "[" * 3000,
        '{"vendorId":"<script>alert(1)</script>"}',
    ],
)  # fmt: skip
def test_no_station_can_spoil_the_page_by_what_it_sends(viewer, say, text):
    say("DataTransfer", request=text, answer=f'[3,"m",{text}]')

    found, answer = lines(viewer)

    assert found == [("DataTransfer", 1)]
    assert "<script>alert" not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({"direction": "out"}, ["Reset"]),
        ({"action": "bootnotification"}, ["BootNotification"]),
        ({"errors": "1"}, ["StartTransaction"]),
        ({"station": "cp001"}, ["Authorize", "StartTransaction", "Reset", "BootNotification"]),
        ({"station": "NOBODY"}, []),
        ({"from": "2026-10-14T12:02"}, ["Authorize", "StartTransaction"]),
        ({"until": "2026-10-14T12:01"}, ["Reset", "BootNotification"]),
        ({"until": "9999-12-31T23:59"}, ["Authorize", "StartTransaction", "Reset", "BootNotification"]),
        ({"direction": "sideways", "until": "soon"}, ["Authorize", "StartTransaction", "Reset", "BootNotification"]),
    ],
)  # fmt: skip
def test_the_log_is_filtered(viewer, say, query, actions):
    minute = timedelta(minutes=1)
    say("BootNotification", NOON)
    say("Reset", NOON + minute + 30 * SECOND, direction="out")
    say("StartTransaction", NOON + 2 * minute, error_code="InternalError")
    say("Authorize", NOON + 3 * minute)

    found, _answer = lines(viewer, **query)

    assert [action for action, _count in found] == actions


def test_repeated_meter_values_are_one_line_that_opens(viewer, say):
    say("StatusNotification", NOON)
    for number in range(1, 4):
        say("MeterValues", NOON + number * SECOND)
    say("MeterValues", NOON + 4 * SECOND, error_code="FormationViolation")
    say("MeterValues", NOON + 5 * SECOND)

    joined, answer = lines(viewer)
    each, _answer = lines(viewer, repeats="all")

    assert joined == [
        ("MeterValues", 1), ("MeterValues", 1), ("MeterValues", 3), ("StatusNotification", 1)
    ]  # fmt: skip
    assert each == [("MeterValues", 1)] * 5 + [("StatusNotification", 1)]
    assert "repeats=all" in answer.content.decode()


def test_pages_leave_out_nothing_that_happened_in_the_same_instant(viewer, say):
    stored = [say("Authorize").message_id for _number in range(120)]

    read, query = [], {}
    while query is not None:
        _found, answer = lines(viewer, **query)
        read += [line.message.message_id for line in answer.context["lines"]]
        older = answer.context["older"]
        query = dict(parse_qsl(older.removeprefix("?"))) if older else None

    assert read == stored[::-1]


def test_what_comes_is_shown_as_the_filter_says_and_keeps_its_place(viewer, say):
    for number in range(3):
        say("MeterValues", NOON + number * SECOND)
    asked = {"view": "messages", "action": "MeterValues"}
    before = messages_fragments(viewer.user, asked)["live-messages"]

    say("Authorize", NOON + 10 * SECOND)
    unseen = messages_fragments(viewer.user, asked)["live-messages"]
    say("MeterValues", NOON + 11 * SECOND)
    after = messages_fragments(viewer.user, asked)["live-messages"]

    assert (before.count("<li "), "× 3" in before) == (1, True)
    assert unseen == before
    assert (after.count("<li "), "× 4" in after) == (1, True)
    assert 'id="m1"' in before
    assert 'id="m1"' in after


def test_the_newest_page_is_live_and_keeps_its_filter(viewer, say):
    for number in range(60):
        say("Authorize", NOON + number * SECOND)

    _found, newest = lines(viewer, station="CP001", action="Authorize")
    _found, older = lines(viewer, before=f"{NOON.isoformat()}~999")

    assert newest.context["live"] == "view=messages&station=CP001&action=Authorize"
    assert "station=CP001&amp;action=Authorize&amp;before=" in newest.content.decode()
    assert older.context["live"] == ""
    assert "ws-connect" not in older.content.decode()


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"from": "yesterday"}, "yesterday"),
        ({"before": "2026-10-14T12:00:00+00:00~x"}, "is not a time."),
        ({"before": "2026-10-14T12:00:00+00:00~" + "9" * 40}, "is not a time."),
        ({"before": "99999-10-14T12:00:00~1"}, "is not a time."),
        ({"station": "\0NOBODY"}, "There is no station “NOBODY”."),
    ],
)
def test_what_makes_no_sense_is_said(viewer, say, query, word):
    say("Authorize")

    _found, answer = lines(viewer, **query)

    assert word in answer.content.decode()


def test_the_log_costs_the_same_for_one_message_and_for_many(
    viewer, say, django_assert_max_num_queries
):
    counts = []
    for more in (1, 60):
        for number in range(more):
            say("Authorize", NOON + number * SECOND)
        with django_assert_max_num_queries(12) as queries:
            viewer.get(reverse("messages"))
        counts.append(len(queries))

    assert counts[0] == counts[1]
