"""Commands to stations: in order, one at a time, each with exactly one outcome."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from asgiref.sync import sync_to_async

from cpms.simulation.rude.raw import Knock, RawSocket
from ocpp_gateway.threads import in_thread
from stations import services
from stations.enums import CommandStatus
from stations.events import CommandSettled
from stations.models import ChargingStation, Evse, StationCommand, StationConnection
from tests.factories.stations import EvseFactory, StationFactory
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import issue, outcome, settled, until
from tests.ocpp_gateway.test_sockets import fill

RESET = ("Reset", {"type": "Soft"})


@pytest.fixture
def news(monkeypatch):
    """The outcomes that are told, in order."""
    from cpms.kernel import events  # noqa: PLC0415 -- here alone

    told = []
    handlers = [*events._subscribers[CommandSettled], lambda one: told.append(one.command_id)]
    monkeypatch.setitem(events._subscribers, CommandSettled, handlers)
    return told


async def expired():
    await sync_to_async(services.expire_commands)(now=datetime.now(UTC))


async def test_a_command_to_an_absent_station_fails_at_once(station):
    command = await issue(station, *RESET)

    assert (command.status, command.error["code"]) == ("failed", "station_offline")


async def test_a_kept_command_waits_for_the_station(server, station):
    command = await issue(station, *RESET, when_offline="keep")
    async with connected(server, "CP001", station.password) as charger:
        frame = await charger.next_request()
        await charger.answer(frame, {"status": "Accepted"})
        row = await settled(command)

    assert (command.status, row.status) == ("queued", "accepted")
    assert row.sent_at > row.created_at


async def test_a_kept_command_expires_when_nobody_comes(station):
    short = timedelta(milliseconds=1)
    command = await issue(station, *RESET, when_offline="keep", deadline=short)
    await asyncio.sleep(0.01)

    await expired()

    await command.arefresh_from_db()
    assert (command.status, command.error["code"]) == ("timed_out", "timed_out")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('[4,"{id}","NotSupported","no",{}]', {"code": "NotSupported", "description": "no"}),
        ('[4,"{id}","FormationViolation"]', {"code": "FormationViolation", "description": ""}),
        (
            '[3,"{id}",{"status":["Accepted"]}]',
            {"code": "invalid_answer", "description": "The status is not a text."},
        ),
        (
            '[3,"{id}",[]]',
            {"code": "invalid_answer", "description": "The answer is not an object."},
        ),
        (
            '[3,"{id}",{"status":"\\u0000"}]',
            {"code": "invalid_answer", "description": "A text holds a NUL character."},
        ),
        (
            '[3,"{id}",{"a":1e300}]',
            {"code": "invalid_answer", "description": "A number is too large."},
        ),
        (
            '[3,"{id}",{"a":' + "[" * 300 + "]" * 300 + "}]",
            {"code": "invalid_answer", "description": "The JSON is nested too deeply."},
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_an_error_or_a_nonsensical_answer_is_a_failure(server, station, text, error):
    async with connected(server, "CP001", station.password) as charger:
        command = await issue(station, *RESET)
        frame = await charger.next_request()
        await charger.socket.send(text.replace("{id}", frame[1]))
        row = await settled(command)

    assert (row.status, row.response, row.error) == ("failed", None, error)


async def test_no_answer_in_time_is_a_time_out_and_the_next_command_goes_out(server, station):
    async with connected(server, "CP001", station.password) as charger:
        silent = await issue(station, *RESET, deadline=timedelta(seconds=0.3))
        ignored = await charger.next_request()
        row = await settled(silent)
        stored = await outcome(charger, station, "ClearCache", {}, {"status": "Accepted"})
        await charger.answer(ignored, {"status": "Accepted"})
        await charger.ask("Heartbeat", {})

    late = await StationCommand.objects.aget(pk=silent.pk)
    assert (row.status, row.error["code"]) == ("timed_out", "timed_out")
    assert stored == ("accepted", {"status": "Accepted"}, None)
    assert (late.status, late.settled_at) == ("timed_out", row.settled_at)


async def test_one_request_is_open_at_a_time_and_they_go_out_in_order(server, station):
    async with connected(server, "CP001", station.password) as charger:
        commands = [
            await issue(station, "DataTransfer", {"vendorId": f"v{number}"}) for number in range(5)
        ]
        seen = []
        for _number in range(5):
            frame = await charger.next_request()
            seen.append(frame[3]["vendorId"])
            await charger.ask("Heartbeat", {})  # nothing more comes before the answer
            assert charger.asked == []
            await charger.answer(frame, {"status": "Accepted"})
        rows = [await settled(command) for command in commands]

    assert seen == ["v0", "v1", "v2", "v3", "v4"]
    assert {row.status for row in rows} == {"accepted"}


async def test_a_socket_lost_before_the_answer_is_one_failure_for_ever(server, station, news):
    async with connected(server, "CP001", station.password) as charger:
        command = await issue(station, *RESET)
        frame = await charger.next_request()
    row = await settled(command)
    async with connected(server, "CP001", station.password) as charger:
        await charger.answer(frame, {"status": "Accepted"})
        await charger.ask("Heartbeat", {})
    await expired()

    await command.arefresh_from_db()
    assert (row.status, row.error["code"]) == ("failed", "connection_lost")
    assert (command.status, command.settled_at) == (row.status, row.settled_at)
    assert news == [command.pk]


async def test_answers_and_sweeps_that_race_settle_a_command_once(station, news):
    await StationConnection.objects.filter(station=station).aupdate(connected_at=datetime.now(UTC))
    command = await issue(station, *RESET)
    settle = partial(in_thread, services.settle_command)
    now = datetime.now(UTC)

    settled_here = await asyncio.gather(
        *[
            settle(command_id=command.pk, now=now, response={"status": "Accepted"})
            for _ in range(5)
        ],
        *[settle(command_id=command.pk, now=now, status=CommandStatus.TIMED_OUT) for _ in range(5)],
    )

    assert sorted(settled_here) == [False] * 9 + [True]
    assert news == [command.pk]


async def test_a_command_that_was_claimed_but_not_sent_goes_back(station):
    await StationConnection.objects.filter(station=station).aupdate(
        connected_at=datetime.now(UTC), gateway="g", epoch=4
    )
    command = await issue(station, *RESET)
    claim = sync_to_async(services.claim_commands)
    now = datetime.now(UTC)

    claimed = await claim(station_ids=[station.pk], gateway="g", now=now)
    again = await claim(station_ids=[station.pk], gateway="g", now=now)
    await sync_to_async(services.return_commands)(command_ids=[command.pk])
    returned = await claim(station_ids=[station.pk], gateway="g", now=now)
    elsewhere = await claim(station_ids=[station.pk], gateway="other", now=now)

    assert [(one.id, one.epoch) for one in claimed] == [(command.pk, 4)]
    assert (again, returned, elsewhere) == ([], claimed, [])


async def test_out_of_service_is_told_again_after_a_boot(server, station):
    await Evse.objects.filter(number=2).aupdate(availability="Inoperative")
    async with connected(server, "CP001", station.password) as charger:
        await charger.boot()
        frame = await charger.next_request()
        await charger.answer(frame, {"status": "Accepted"})
        await until(StationCommand.objects.filter(status="accepted").aexists)

    assert frame[2:] == ["ChangeAvailability", {"connectorId": 2, "type": "Inoperative"}]


async def test_a_station_that_never_reads_holds_up_nobody(server, station):
    """Its socket is cut when our writes have piled up for a while; meanwhile commands to others
    and the others' messages go on."""
    mute = await sync_to_async(StationFactory)(identity="MUTE1", location=station.location)
    await sync_to_async(EvseFactory)(station=mute, location=mute.location, number=1, uid="MUTE1-1")
    url = f"{server.ws_url}/ocpp/{{identity}}"
    socket = await RawSocket.open(Knock(url, "MUTE1", mute.password, receive_buffer=1024))
    await fill(socket)
    async with connected(server, "CP001", station.password) as charger:
        await issue(mute, *RESET)
        stored = await outcome(charger, station, "ClearCache", {}, {"status": "Accepted"})
        newer = await RawSocket.open(Knock(url, "MUTE1", mute.password))
        await newer.call("Heartbeat", "{}")
        answer = await newer.answer()
        newer.close()
    socket.close()

    assert stored == ("accepted", {"status": "Accepted"}, None)
    assert answer[0] == 3


async def test_nothing_a_station_answers_breaks_its_configuration(server, station):
    answer = {"configurationKey": [{"key": "A" * 5000, "value": "x" * 20_000, "readonly": True}]}
    async with connected(server, "CP001", station.password) as charger:
        stored = await outcome(charger, station, "GetConfiguration", {}, answer)

    assert stored == ("accepted", answer, None)
    assert set((await ChargingStation.objects.aget()).configuration) == {"A" * 5000}
