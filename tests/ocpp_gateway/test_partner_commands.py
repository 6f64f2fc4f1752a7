"""Commands of an eMSP: over real OCPI to a real station, and the result back."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from booking.models import ChargingSession, Reservation, StartRequest
from booking.services import cancel_reservation
from ocpi.models import Partner, PartnerCommand
from ocpi.services.results import tell_results
from stations.models import StationCommand
from stations.services import expire_commands
from tests.factories.ocpi import roaming_token, token_body
from tests.factories.stations import ConnectorFactory, EvseFactory
from tests.ocpi.emsp import ok, refused
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import until

ACCEPTED = {"result": "ACCEPTED", "timeout": 90}
tell = sync_to_async(tell_results)


@pytest.fixture
def give(emsp, station):
    """Sends a command of the eMSP; `give.results()` is what it was told."""
    emsp.answers["POST", "tokens"] = refused(404, 2004)

    async def given(command, **more):
        body = {"response_url": f"{emsp.url}/emsp/commands/{command}/1", **more}
        url = f"{emsp.endpoints['commands']}/{command}"
        return await sync_to_async(emsp.ask)("POST", url, body, **{"X-Correlation-ID": "C-1"})

    given.results = lambda: [
        (path, body) for method, path, body in emsp.received if path.startswith("commands/")
    ]
    given.location = station.location.ocpi_id
    return given


async def all_settled():
    """What the station answered is stored."""
    await until(_none_open)


async def _none_open():
    return not await StationCommand.objects.filter(settled_at=None).aexists()


def start_of(give, **more):
    return give(
        "START_SESSION",
        **{
            "token": token_body("04AA"),
            "location_id": give.location,
            "evse_uid": "cp001-2",
            **more,
        },
    )


async def test_a_session_is_started_charged_and_stopped_by_command(server, station, emsp, give):
    async with connected(server, "CP001", station.password) as charger:
        answer = await start_of(give, authorization_reference="REF-1")
        frame = await charger.next_request()
        await charger.answer(frame, {"status": "Accepted"})
        authorized = await charger.authorize("04AA")
        begun = await charger.start("04AA", 2, 100)
        told = await tell()
        session = await ChargingSession.objects.select_related("token").aget()
        stopped = await give("STOP_SESSION", session_id=str(session.pk).upper())
        stop = await charger.next_request()
        await charger.answer(stop, {"status": "Accepted"})
        await all_settled()
        told += await tell()

    assert (answer.codes, answer.data) == ((200, 1000), ACCEPTED)
    assert frame[2:] == ["RemoteStartTransaction", {"connectorId": 2, "idTag": "04AA"}]
    assert authorized == begun["idTagInfo"] == {"status": "Accepted"}
    assert (session.token.uid, session.token.party_id) == ("04AA", "RMR")
    assert (session.auth_method, session.authorization_reference) == ("COMMAND", "REF-1")
    assert (stopped.data, stop[2]) == (ACCEPTED, "RemoteStopTransaction")
    assert (told, give.results()) == (
        2,
        [
            ("commands/START_SESSION/1", {"result": "ACCEPTED"}),
            ("commands/STOP_SESSION/1", {"result": "ACCEPTED"}),
        ],
    )
    assert [entry for entry in emsp.received if entry[1].startswith("tokens/")] == []
    headers = emsp.requests[-1][2]
    assert headers["X-Correlation-ID"] == "C-1"
    assert (headers["OCPI-from-party-id"], headers["OCPI-to-party-id"]) == ("EMA", "RMR")


async def test_a_uid_too_long_for_the_station_has_a_stand_in(server, station, give):
    uid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    token = token_body(uid, type="APP_USER", whitelist="NEVER")

    async with connected(server, "CP001", station.password) as charger:
        await start_of(give, token=token)
        frame = await charger.next_request()
        await charger.answer(frame, {"status": "Accepted"})
        tag = frame[3]["idTag"]
        authorized = await charger.authorize(tag)
        started_at = datetime.now(UTC)
        begun = [await charger.start(tag.lower(), 2, 100, started_at) for _ in range(2)]

    assert len(tag) == 20
    assert authorized == begun[0]["idTagInfo"] == {"status": "Accepted"}
    assert begun[0] == begun[1]
    session = await ChargingSession.objects.select_related("token").aget()
    assert (session.token.uid, session.id_token, session.flags) == (uid, tag.lower(), [])


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ({"status": "Rejected"}, "REJECTED"),
        (None, "TIMEOUT"),
    ],
)
async def test_what_the_station_says_is_what_the_partner_is_told(
    server, station, give, said, result
):
    async with connected(server, "CP001", station.password) as charger:
        await start_of(give)
        frame = await charger.next_request()
        before = await tell()
        if said:
            await charger.answer(frame, said)
            await all_settled()
        else:
            later = datetime.now(UTC) + timedelta(seconds=61)
            await sync_to_async(expire_commands)(now=later)
        after = await tell()

    assert (before, after) == (0, 1)
    assert give.results() == [("commands/START_SESSION/1", {"result": result})]
    assert await tell() == 0


async def test_a_connector_is_unlocked_but_not_under_anothers_car(server, station, give):
    connector = await sync_to_async(ConnectorFactory)(evse=await station.evses.aget(number=1))
    place = {"location_id": give.location, "evse_uid": "CP001-1", "connector_id": "1"}

    async with connected(server, "CP001", station.password) as charger:
        answer = await give("UNLOCK_CONNECTOR", **place)
        frame = await charger.next_request()
        await charger.answer(frame, {"status": "UnlockFailed"})
        await all_settled()
        await charger.start("STRANGER", connector.evse.number, 5)
        refusal = await give("UNLOCK_CONNECTOR", **place)
        await tell()

    assert (answer.data, refusal.data["result"]) == (ACCEPTED, "REJECTED")
    assert frame[2:] == ["UnlockConnector", {"connectorId": 1}]
    assert give.results() == [("commands/UNLOCK_CONNECTOR/1", {"result": "FAILED"})]


async def test_without_an_evse_the_session_starts_where_a_car_waits(server, station, give):
    await sync_to_async(EvseFactory)(number=1, location=station.location)  # its station is away
    async with connected(server, "CP001", station.password) as charger:
        await charger.status(1, "Charging")
        await charger.status(2, "Preparing")
        answer = await start_of(give, evse_uid=None)
        frame = await charger.next_request()

    assert (answer.data, frame[3]["connectorId"]) == (ACCEPTED, 2)


@pytest.mark.parametrize(
    ("command", "changed", "codes", "result"),
    [
        ("START_SESSION", {"location_id": "NOWHERE"}, (200, 2003), None),
        ("START_SESSION", {"evse_uid": "NONE"}, (200, 2003), None),
        ("START_SESSION", {"connector_id": "7"}, (200, 2003), None),
        ("START_SESSION", {"evse_uid": None, "connector_id": "1"}, (200, 2001), None),
        ("START_SESSION", {"token": token_body(party_id="EVL")}, (200, 2001), None),
        ("START_SESSION", {"token": {"uid": "04AA"}}, (200, 2001), None),
        ("START_SESSION", {"response_url": None}, (200, 2001), None),
        ("START_SESSION", {"response_url": "ftp://x/"}, (200, 2001), None),
        ("START_SESSION", {}, (200, 1000), "REJECTED"),  # its station is away
        ("STOP_SESSION", {"session_id": "x"}, (200, 1000), "UNKNOWN_SESSION"),
        ("RESERVE_SOON", {}, (404, 2001), None),
    ],
)
async def test_what_cannot_be_commanded_is_said_at_once(give, command, changed, codes, result):
    body = {"token": token_body("04AA"), "location_id": give.location, "evse_uid": "CP001-2"}

    answer = await give(command, **{**body, **changed})

    assert (answer.codes, (answer.data or {}).get("result")) == (codes, result)
    assert await PartnerCommand.objects.acount() == 0
    assert await StartRequest.objects.acount() == 0


async def test_another_partners_session_does_not_exist(server, station, roam, give):
    await sync_to_async(roam)("EVL")
    await sync_to_async(roaming_token)("EVL", uid="04BB")
    async with connected(server, "CP001", station.password) as charger:
        await charger.start("04BB", 1, 5)
        session = await ChargingSession.objects.aget()
        answer = await give("STOP_SESSION", session_id=str(session.pk))

    assert answer.data["result"] == "UNKNOWN_SESSION"


async def test_a_result_is_told_again_until_it_is_taken_or_nobody_waits(
    server, station, emsp, give
):
    emsp.answers["POST", "commands"] = refused(500, 3000)
    async with connected(server, "CP001", station.password) as charger:
        await start_of(give)
        await charger.answer(await charger.next_request(), {"status": "Accepted"})
        await all_settled()
        now = datetime.now(UTC)
        first = await tell(clock=lambda: now)
        too_soon = await tell(clock=lambda: now)
        failed = await PartnerCommand.objects.aget()
        emsp.answers["POST", "commands"] = ok(None)
        second = await tell(clock=lambda: now + timedelta(seconds=2))
        await PartnerCommand.objects.aupdate(due_at=now, told_at=None)
        too_late = await tell(clock=lambda: now + timedelta(seconds=91))

    assert (first, too_soon, second, too_late) == (0, 0, 1, 0)
    assert (failed.attempts, failed.last_error) == (1, "HTTP 500, 3000")
    assert (await PartnerCommand.objects.aget()).due_at is None
    assert give.results() == [("commands/START_SESSION/1", {"result": "ACCEPTED"})]


async def test_our_token_goes_to_the_partners_own_hosts_alone(server, station, emsp, give):
    url = emsp.url.replace("127.0.0.1", "localhost") + "/emsp/commands/START_SESSION/1"
    async with connected(server, "CP001", station.password) as charger:
        await start_of(give, response_url=url)
        await charger.answer(await charger.next_request(), {"status": "Accepted"})
        await all_settled()
        await tell()

    method, path, headers = emsp.requests[-1]
    assert (method, path) == ("POST", "/emsp/commands/START_SESSION/1")
    assert "Authorization" not in headers


async def test_a_private_response_url_is_never_called(server, station, emsp, give, settings):
    async with connected(server, "CP001", station.password) as charger:
        await start_of(give, response_url="http://169.254.169.254/latest/meta-data")
        await charger.answer(await charger.next_request(), {"status": "Accepted"})
        await all_settled()
        told = await tell()

    assert told == 0
    assert (await PartnerCommand.objects.aget()).last_error == "Only https URLs are connected to."


async def test_a_suspended_partner_is_told_nothing(server, station, give):
    async with connected(server, "CP001", station.password) as charger:
        await start_of(give)
        await charger.answer(await charger.next_request(), {"status": "Accepted"})
        await all_settled()
        await Partner.objects.aupdate(state="suspended")
        told = await tell()

    assert (told, give.results()) == (0, [])
    assert await StationCommand.objects.acount() == 1


def hold_of(give, **more):
    until = (datetime.now(UTC) + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"token": token_body("04AA", whitelist="NEVER"), "location_id": give.location}
    return give(
        "RESERVE_NOW",
        **{**body, "reservation_id": "R-1", "evse_uid": "CP001-2", "expiry_date": until, **more},
    )


async def test_a_reservation_is_held_used_and_its_session_its_issuers(server, station, emsp, give):
    async with connected(server, "CP001", station.password) as charger:
        answer = await hold_of(give, authorization_reference="REF-1")
        frame = await charger.next_request()
        await charger.answer(frame, {"status": "Accepted"})
        await all_settled()
        await tell()
        await charger.status(2, "Reserved")
        other = await charger.start("STRANGER", 1, 5)
        begun = await charger.start("04AA", 2, 100)

    assert (answer.codes, answer.data) == ((200, 1000), ACCEPTED)
    reservation = await Reservation.objects.select_related("token").aget()
    assert (frame[2], frame[3]["reservationId"]) == ("ReserveNow", reservation.pk)
    assert give.results() == [("commands/RESERVE_NOW/1", {"result": "ACCEPTED"})]
    assert (other["idTagInfo"], begun["idTagInfo"]) == (
        {"status": "Invalid"},
        {"status": "Accepted"},
    )
    session = await ChargingSession.objects.select_related("token").aget(evse__number=2)
    assert (session.token.uid, session.auth_method, session.authorization_reference) == (
        "04AA",
        "COMMAND",
        "REF-1",
    )
    assert (reservation.reference, reservation.status) == ("R-1", "FULFILLED")


@pytest.mark.parametrize(
    ("said", "result", "status"),
    [
        ("Occupied", "EVSE_OCCUPIED", "REJECTED"),
        ("Faulted", "EVSE_INOPERATIVE", "REJECTED"),
        ("Rejected", "ACCEPTED", "RESERVED"),
    ],
)
async def test_what_the_station_says_to_a_hold(server, station, give, said, result, status):
    async with connected(server, "CP001", station.password) as charger:
        await hold_of(give)
        await charger.answer(await charger.next_request(), {"status": said})
        await all_settled()
        await tell()

    assert give.results() == [("commands/RESERVE_NOW/1", {"result": result})]
    await until(Reservation.objects.filter(status=status).aexists)


async def test_a_reservation_is_moved_and_cancelled_by_its_own_partner_alone(
    server, station, roam, give
):
    stranger = await sync_to_async(roam)("EVL")
    url = f"{stranger.endpoints['commands']}/CANCEL_RESERVATION"
    body = {"response_url": f"{stranger.url}/emsp/commands/1", "reservation_id": "R-1"}

    first = await hold_of(give)
    longer = await hold_of(give, evse_uid=None)
    moved = await hold_of(give, evse_uid="CP001-1", reservation_id="r-1")
    refusal = await sync_to_async(stranger.ask)("POST", url, body)
    kept = await Reservation.objects.filter(status="RESERVED").aget()
    canceled = await give("CANCEL_RESERVATION", reservation_id="R-1")
    unknown = await give("CANCEL_RESERVATION", reservation_id="R-1")
    await tell()

    assert [answer.data for answer in (first, longer, moved, canceled)] == [ACCEPTED] * 4
    assert [refusal.data["result"], unknown.data["result"]] == ["REJECTED", "REJECTED"]
    rows = Reservation.objects.select_related("evse").order_by("pk")
    assert kept == await rows.alast()
    assert [(row.evse.uid, row.status, row.canceled_by) async for row in rows] == [
        ("CP001-2", "CANCELED", "EMSP"),
        ("CP001-1", "CANCELED", "EMSP"),
    ]
    assert [body["result"] for _, body in give.results()] == ["ACCEPTED"] * 4


async def test_a_reservation_that_we_cancel_is_told_where_it_was_ordered(server, station, give):
    await hold_of(give)
    await tell()
    reservation = await Reservation.objects.aget()
    await sync_to_async(cancel_reservation)(
        reservation=reservation, by="CPO", now=datetime.now(UTC)
    )
    told = [await tell(), await tell()]

    assert told == [1, 0]
    assert give.results() == [
        ("commands/RESERVE_NOW/1", {"result": "ACCEPTED"}),
        ("commands/RESERVE_NOW/1", {"result": "CANCELED_RESERVATION"}),
    ]


async def test_one_evse_is_promised_once(server, station, roam, give):
    stranger = await sync_to_async(roam)("EVL")
    theirs = token_body("04BB", party_id="EVL")
    await hold_of(give)
    url = f"{stranger.endpoints['commands']}/RESERVE_NOW"
    body = {
        "response_url": f"{stranger.url}/emsp/commands/1",
        "token": theirs,
        "location_id": give.location,
        "reservation_id": "R-1",
        "expiry_date": "2099-01-01T00:00:00Z",
    }

    too_long = await sync_to_async(stranger.ask)("POST", url, body)
    body["expiry_date"] = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()[:19]
    taken = await sync_to_async(stranger.ask)("POST", url, {**body, "evse_uid": "CP001-2"})
    other = await sync_to_async(stranger.ask)("POST", url, body)

    results = [answer.data["result"] for answer in (too_long, taken, other)]
    assert results == ["REJECTED", "REJECTED", "ACCEPTED"]
    open_rows = Reservation.objects.filter(status="RESERVED").order_by("pk")
    assert [row.party_id async for row in open_rows] == ["RMR", "EVL"]
