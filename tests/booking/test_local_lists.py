"""Local authorization lists: kept equal to the tokens that may stand there."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.errors import ListNotManaged
from booking.models import LocalList, Token
from booking.services import manage_list, save_tokens, send_whole_list, sync_local_lists
from booking.services.list_contents import print_of
from stations.models import ChargingStation, StationCommand, StationConnection
from stations.services import issue_command, settle_command
from tests.factories.booking import NOON, TokenFactory
from tests.factories.stations import StationFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
ACCEPTED = {"status": "Accepted"}
SAID = {
    "LocalAuthListEnabled": "true",
    "LocalAuthListMaxLength": "5",
    "SendLocalListMaxLength": "2",
    "LocalPreAuthorize": "false",
}


def a_station(said=None, **more):
    """It is connected, and its list may hold five, two in one request."""
    station = StationFactory(**more)
    keys = {name: {"value": value, "readonly": True} for name, value in (said or SAID).items()}
    ChargingStation.objects.filter(pk=station.pk).update(configuration=keys)
    StationConnection.objects.filter(station=station).update(connected_at=NOON)
    station.refresh_from_db()
    return station


def open_command():
    return StationCommand.objects.filter(status="queued").order_by("created_at").last()


def answer(response=None, error=None, at=NOON):
    """The station answers what is open; what that was."""
    command = open_command()
    StationCommand.objects.filter(pk=command.pk).update(status="sent", sent_at=at)
    settle_command(command_id=command.pk, now=at, response=response, error=error)
    return told(command)


def told(command):
    """The action, and of a list its version, kind and idTags."""
    payload = command.payload
    if command.action != "SendLocalList":
        return command.action
    rows = payload["localAuthorizationList"]
    tags = [("" if "idTagInfo" in row else "-") + row["idTag"] for row in rows]
    return f"{payload['updateType']} {payload['listVersion']}: {' '.join(tags)}".rstrip()


def synced(station, *tags):
    """A managed list that holds these tokens."""
    for tag in tags:
        TokenFactory(uid=tag)
    manage_list(station=station, is_managed=True, now=NOON)
    answer({"listVersion": 0})
    while open_command():
        answer(ACCEPTED)
    return LocalList.objects.get()


def state():
    row = LocalList.objects.get()
    return row.version, sorted(row.entries), row.is_synced, row.trouble


def test_a_new_list_is_checked_and_then_sent_in_parts():
    station = a_station()
    for tag in ("a1", "a2", "a3"):
        TokenFactory(uid=tag)

    manage_list(station=station, is_managed=True, now=NOON)
    said = [answer({"listVersion": 17}), answer(ACCEPTED), answer(ACCEPTED)]

    assert said == ["GetLocalListVersion", "Full 18: a1 a2", "Differential 19: a3"]
    assert state() == (19, ["A1", "A2", "A3"], True, "")
    assert open_command() is None
    assert sync_local_lists(now=NOON) == 0


def test_a_station_is_asked_how_long_its_list_may_be():
    station = a_station({"HeartbeatInterval": "300"})
    TokenFactory(uid="a1")
    keys = [{"key": name, "value": value, "readonly": True} for name, value in SAID.items()]

    manage_list(station=station, is_managed=True, now=NOON)
    asked = open_command().payload
    said = [
        answer({"configurationKey": keys, "unknownKey": []}),
        answer({"listVersion": 0}),
        answer(ACCEPTED),
    ]

    assert asked["key"][:3] == ["LocalAuthListEnabled", "LocalAuthListMaxLength",
                                "SendLocalListMaxLength"]  # fmt: skip
    assert said == ["GetConfiguration", "GetLocalListVersion", "Full 1: a1"]


@pytest.mark.parametrize(
    ("response", "error"),
    [({"configurationKey": []}, None), (None, {"code": "NotSupported", "description": ""})],
)
def test_a_station_that_does_not_say_it_is_asked_again_after_its_next_boot(response, error):
    station = a_station({"HeartbeatInterval": "300"})
    manage_list(station=station, is_managed=True, now=NOON)

    answer(response, error)
    sync_local_lists(now=NOON)
    given_up = state()
    quiet = sync_local_lists(now=NOON + 60 * MINUTE)
    ChargingStation.objects.update(booted_at=NOON + 61 * MINUTE)
    sync_local_lists(now=NOON + 25 * 60 * MINUTE)

    assert (given_up, quiet) == ((0, [], False, "unsupported"), 0)
    assert told(open_command()) == "GetConfiguration"


def test_changes_of_tokens_are_told_as_differences():
    station = a_station()
    synced(station, "a1", "a2")

    save_tokens(tokens=[Token(uid="A1", status="Blocked"), Token(uid="a3")], now=NOON)
    Token.objects.filter(uid="a2").delete()
    counted = sync_local_lists(now=NOON)
    said = [answer(ACCEPTED), answer(ACCEPTED)]

    assert counted == 1
    assert said == ["Differential 2: -a2 a3", "Differential 3: A1"]
    assert LocalList.objects.get().entries == {
        "A1": {"idTag": "A1", "idTagInfo": {"status": "Blocked"}},
        "A3": {"idTag": "a3", "idTagInfo": {"status": "Accepted"}},
    }


def test_one_request_is_open_at_a_time():
    station = a_station()
    manage_list(station=station, is_managed=True, now=NOON)

    assert [sync_local_lists(now=NOON) for _ in range(3)] == [0, 0, 0]
    manage_list(station=station, is_managed=True, now=NOON)
    assert StationCommand.objects.count() == 1


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ({"status": "Failed"}, None),
        (None, {"code": "timed_out", "description": ""}),
        (None, {"code": "connection_lost", "description": ""}),
        (None, {"code": "InternalError", "description": ""}),
        ({"status": "Nonsense"}, None),
    ],
)
def test_what_was_not_taken_is_followed_by_the_whole_list(response, error):
    station = a_station()
    synced(station, "a1")
    TokenFactory(uid="a2")
    sync_local_lists(now=NOON)

    said = [answer(response, error), answer(ACCEPTED)]

    assert said == ["Differential 2: a2", "Full 2: a1 a2"]
    assert state() == (2, ["A1", "A2"], True, "")


def test_another_version_is_asked_for_and_then_overwritten():
    station = a_station()
    synced(station, "a1")
    TokenFactory(uid="a2")
    sync_local_lists(now=NOON)

    said = [answer({"status": "VersionMismatch"}), answer({"listVersion": 40}), answer(ACCEPTED)]

    assert said == ["Differential 2: a2", "GetLocalListVersion", "Full 41: a1 a2"]
    assert state() == (41, ["A1", "A2"], True, "")


def test_a_station_that_never_takes_it_is_left_alone_for_ever_longer():
    station = a_station()
    manage_list(station=station, is_managed=True, now=NOON)
    TokenFactory(uid="a1")
    answer({"listVersion": 0})
    for _ in range(2):
        answer({"status": "Failed"})

    troubled = state()
    waits = [sync_local_lists(now=NOON + minutes * MINUTE) for minutes in (0.5, 1)]
    answer(ACCEPTED, at=NOON + MINUTE)

    assert troubled == (0, [], False, "failed")
    assert waits == [0, 1]
    assert state() == (1, ["A1"], True, "")


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ({"status": "NotSupported"}, None),
        (None, {"code": "NotImplemented", "description": ""}),
    ],
)
def test_a_station_without_such_a_list_is_not_asked_again_today(response, error):
    station = a_station()
    manage_list(station=station, is_managed=True, now=NOON)
    TokenFactory(uid="a1")
    answer({"listVersion": 0})

    answer(response, error)

    assert state() == (0, [], False, "unsupported")
    assert sync_local_lists(now=NOON + 60 * MINUTE) == 0
    send_whole_list(station=station, now=NOON)
    assert told(open_command()) == "GetLocalListVersion"


def test_version_minus_1_says_that_there_is_no_list():
    manage_list(station=a_station(), is_managed=True, now=NOON)

    answer({"listVersion": -1})

    assert state() == (0, [], False, "unsupported")


@pytest.mark.parametrize(("version", "then"), [(1, None), (0, "Full 2: a1"), (9, "Full 10: a1")])
def test_after_a_boot_the_version_is_compared(version, then):
    station = a_station()
    synced(station, "a1")
    ChargingStation.objects.update(booted_at=NOON + MINUTE)

    sync_local_lists(now=NOON + MINUTE)
    asked = answer({"listVersion": version}, at=NOON + MINUTE)

    assert asked == "GetLocalListVersion"
    assert (told(open_command()) if open_command() else None) == then


def test_what_never_left_us_changes_nothing():
    station = a_station()
    held = synced(station, "a1")
    TokenFactory(uid="a2")
    sync_local_lists(now=NOON)

    settle_command(
        command_id=open_command().pk, now=NOON, error={"code": "station_offline", "description": ""}
    )

    row = LocalList.objects.get()
    assert (row.version, row.entries, row.is_certain) == (1, held.entries, True)


def test_an_absent_station_is_told_when_it_is_back():
    station = a_station()
    StationConnection.objects.update(disconnected_at=NOON)
    manage_list(station=station, is_managed=True, now=NOON)
    nothing = (StationCommand.objects.count(), sync_local_lists(now=NOON))

    StationConnection.objects.update(disconnected_at=None)
    sync_local_lists(now=NOON)

    assert nothing == (0, 0)
    assert told(open_command()) == "GetLocalListVersion"


def test_a_list_that_is_kept_no_more_is_emptied():
    station = a_station()
    synced(station, "a1")

    manage_list(station=station, is_managed=False, now=NOON)
    assert open_command().when_offline == "keep"
    said = answer(ACCEPTED)

    assert said == "Full 2:"
    assert state() == (2, [], True, "")
    assert sync_local_lists(now=NOON) == 0
    with pytest.raises(ListNotManaged):
        send_whole_list(station=station, now=NOON)


def test_what_an_operator_sent_is_known_and_where_we_keep_the_list_corrected():
    station, other = a_station(), a_station()
    synced(station, "a1")
    foreign = {
        "listVersion": 5,
        "updateType": "Differential",
        "localAuthorizationList": [{"idTag": "zz", "idTagInfo": {"status": "Accepted"}}],
    }
    issue_command(station=station, action="SendLocalList", payload=foreign, now=NOON)
    answer(ACCEPTED)
    corrected = answer(ACCEPTED)
    issue_command(station=other, action="SendLocalList", payload=foreign, now=NOON)
    answer(ACCEPTED)

    assert (corrected, open_command()) == ("Differential 6: -zz", None)
    kept = LocalList.objects.get(station=other)
    assert (kept.is_managed, kept.version, list(kept.entries), kept.is_certain) == (
        False, 5, ["ZZ"], False,
    )  # fmt: skip


@pytest.mark.parametrize(("said", "kept"), [(-7, 0), (2**40, 2**31 - 1)])
def test_a_version_beyond_all_bounds_is_kept_within_them(said, kept):
    station = a_station()
    wild = {"listVersion": said, "updateType": "Full", "localAuthorizationList": []}

    issue_command(station=station, action="SendLocalList", payload=wild, now=NOON)
    answer(ACCEPTED)
    manage_list(station=station, is_managed=True, now=NOON)
    answer({"listVersion": 2**50})

    assert StationCommand.objects.filter(status="accepted").count() == 2
    assert LocalList.objects.get().version == max(kept, 2**31 - 1)


def test_switching_the_list_on_at_the_station_begins_it():
    station = a_station({**SAID, "LocalAuthListEnabled": "false"})
    manage_list(station=station, is_managed=True, now=NOON)
    troubled = state()

    payload = {"key": "LocalAuthListEnabled", "value": "true"}
    issue_command(station=station, action="ChangeConfiguration", payload=payload, now=NOON)
    answer(ACCEPTED)

    assert troubled == (0, [], False, "unsupported")
    assert told(open_command()) == "GetLocalListVersion"


def test_the_sweep_compares_three_lists_with_as_many_queries_as_one():
    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert sync_local_lists(now=NOON) == 0
        return len(seen)

    as_it_should_be = {
        "is_managed": True, "is_certain": True, "checked_at": NOON, "fingerprint": print_of({}),
    }  # fmt: skip
    LocalList.objects.create(station=a_station(), **as_it_should_be)
    one = queries()
    for _ in range(2):
        LocalList.objects.create(station=a_station(), **as_it_should_be)

    assert queries() == one
