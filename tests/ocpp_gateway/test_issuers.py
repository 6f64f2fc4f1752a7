"""Tokens that are not ours: their issuers are asked over real HTTP while stations wait."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from booking.models import ChargingSession, Ruling, Token
from booking.services import forget_rulings
from ocpi.domain.lines import DEAD_AFTER, MOST_AT_ONCE
from ocpi.services import inquiring
from ocpp_gateway import issuers
from tariffs.domain.places import Place
from tariffs.services import assign
from tests.factories.booking import TokenFactory
from tests.factories.ocpi import roaming_token, token_body
from tests.factories.stations import EvseFactory, StationFactory
from tests.factories.tariffs import TariffFactory
from tests.ocpi.emsp import ok, refused
from tests.ocpp_gateway.charger import at, connected

NOW = datetime.now(UTC)


def info(allowed="ALLOWED", token=None, **more):
    return ok({"allowed": allowed, "token": token or token_body("04AA"), **more})


def asked(emsp):
    return [entry for entry in emsp.received if entry[1].startswith("tokens/")]


async def test_an_unknown_token_is_asked_for_and_its_session_is_its_issuers(server, station, emsp):
    emsp.answers["POST", "tokens"] = info(
        token=token_body("04AA", group_id="FLEET", whitelist="NEVER"),
        authorization_reference="REF-1",
    )

    async with connected(server, "CP001", station.password) as charger:
        authorized = await charger.authorize("04aa")
        begun = await charger.start("04aa", 2, 100)

    accepted = {"status": "Accepted", "parentIdTag": "FLEET"}
    assert (authorized, begun["idTagInfo"]) == (accepted, accepted)
    place = {"location_id": station.location.ocpi_id, "evse_uids": ["CP001-1", "CP001-2"]}
    assert asked(emsp) == [("POST", "tokens/04aa/authorize?type=RFID", place)]
    session = await ChargingSession.objects.select_related("token").aget()
    assert (session.token.uid, session.token.party_id) == ("04AA", "RMR")
    assert (session.auth_method, session.authorization_reference) == ("AUTH_REQUEST", "REF-1")
    assert session.flags == []


async def test_a_start_is_stored_before_its_issuer_is_asked(server, station, emsp):
    seen = []

    def answer(path, body):
        seen.append((path, body["evse_uids"], ChargingSession.objects.get().flags))
        return info(authorization_reference="REF-2")

    emsp.answers["POST", "tokens"] = answer
    began = {"connectorId": 2, "idTag": "04AA", "meterStart": 5, "timestamp": at()}

    async with connected(server, "CP001", station.password) as charger:
        first = await charger.ask("StartTransaction", began)
        again = await charger.ask("StartTransaction", began)

    assert first == again
    assert first["idTagInfo"] == {"status": "Accepted"}
    assert seen == [("/emsp/tokens/04AA/authorize?type=RFID", ["CP001-2"], ["not_authorized"])]
    session = await ChargingSession.objects.select_related("token").aget()
    assert (session.token.uid, session.auth_method, session.flags) == ("04AA", "AUTH_REQUEST", [])
    assert session.authorization_reference == "REF-2"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (info("BLOCKED"), "Blocked"),
        (info("NO_CREDIT"), "Blocked"),
        (info("NOT_ALLOWED"), "Blocked"),
        (info("EXPIRED"), "Expired"),
        (info("PERHAPS"), "Invalid"),
        (info(token=token_body("04BB")), "Invalid"),
        (info(token=token_body("04AA", party_id="EVL")), "Invalid"),
        (info(token={"uid": "04AA"}), "Invalid"),
        (info(location={"location_id": "ELSEWHERE", "evse_uids": []}), "Blocked"),
        (ok([info().data]), "Accepted"),
        (ok("ALLOWED"), "Invalid"),
        (ok(None), "Invalid"),
        (refused(404, 2004), "Invalid"),
        (refused(200, 2004), "Invalid"),
        (refused(200, 2002), "Invalid"),
        (refused(500, 3000), "Invalid"),
    ],
)
async def test_what_an_answer_means(server, station, emsp, answer, status):
    emsp.answers["POST", "tokens"] = answer

    async with connected(server, "CP001", station.password) as charger:
        authorized = await charger.authorize("04AA")
        begun = await charger.start("04AA", 1, 100)

    assert authorized == begun["idTagInfo"] == {"status": status}
    session = await ChargingSession.objects.aget()
    assert session.flags == ([] if status == "Accepted" else ["not_authorized"])


@pytest.mark.parametrize(
    ("whitelist", "valid", "reached", "silent"),
    [
        ("ALWAYS", True, "Accepted", "Accepted"),
        ("ALWAYS", False, "Blocked", "Blocked"),
        ("ALLOWED", True, "Accepted", "Accepted"),
        ("ALLOWED_OFFLINE", True, "Expired", "Accepted"),
        ("ALLOWED_OFFLINE", False, "Expired", "Blocked"),
        ("NEVER", True, "Expired", "Invalid"),
        ("NEVER", False, "Expired", "Invalid"),
    ],
)
async def test_the_whitelist_type_says_who_decides(
    server, station, emsp, whitelist, valid, reached, silent
):
    await sync_to_async(roaming_token)(uid="04AA", whitelist=whitelist, valid=valid)
    emsp.answers["POST", "tokens"] = refused(503, 3000)

    async with connected(server, "CP001", station.password) as charger:
        without = await charger.authorize("04AA")
        told = token_body("04AA", whitelist=whitelist)
        emsp.answers["POST", "tokens"] = info("EXPIRED", told)
        with_answer = await charger.authorize("04AA")

    assert (with_answer["status"], without["status"]) == (reached, silent)


async def test_the_cpos_own_token_is_nobody_elses_business(server, station, emsp, driver):
    async with connected(server, "CP001", station.password) as charger:
        assert await charger.authorize() == {"status": "Accepted"}

    assert asked(emsp) == []


async def test_only_the_evses_that_the_issuer_names_may_be_used(server, station, emsp):
    named = {"location_id": station.location.ocpi_id.lower(), "evse_uids": ["cp001-2"]}
    emsp.answers["POST", "tokens"] = info(location=named)

    async with connected(server, "CP001", station.password) as charger:
        authorized = await charger.authorize("04AA")
        second = await charger.start("04AA", 2, 100)
        first = await charger.start("04AA", 1, 100)

    statuses = [authorized, second["idTagInfo"], first["idTagInfo"]]
    assert [info["status"] for info in statuses] == ["Accepted", "Accepted", "Blocked"]


async def test_a_known_tokens_issuer_alone_is_asked_and_of_all_the_one_that_accepts_counts(
    server, station, roam
):
    peers = await sync_to_async(lambda: [roam("RMR"), roam("EVL"), roam("TNM")])()
    await sync_to_async(roaming_token)("EVL", uid="04AA", whitelist="NEVER")
    for peer in peers:
        peer.answers["POST", "tokens"] = refused(404, 2004)
    peers[1].answers["POST", "tokens"] = lambda path, _: info(
        token=token_body(path.split("/")[3], party_id="EVL", contract_id="C")
    )

    async with connected(server, "CP001", station.password) as charger:
        known = await charger.authorize("04AA")
        after_known = [len(asked(peer)) for peer in peers]
        unknown = await charger.authorize("04BB")

    assert (known, unknown) == ({"status": "Accepted"}, {"status": "Accepted"})
    assert after_known == [0, 1, 0]
    assert [len(asked(peer)) for peer in peers] == [1, 2, 1]


async def test_a_silent_issuer_holds_up_nobody_else(server, station, emsp, driver, monkeypatch):
    other = await sync_to_async(StationFactory)(identity="CP002", location=station.location)
    await sync_to_async(EvseFactory)(station=other, number=1)
    is_asked, may_answer = threading.Event(), threading.Event()

    def late(*_):
        is_asked.set()
        assert may_answer.wait(20)
        return info()

    emsp.answers["POST", "tokens"] = late
    async with (
        connected(server, "CP001", station.password) as waiting,
        connected(server, "CP002", other.password) as charger,
    ):
        question = asyncio.create_task(waiting.authorize("04AA"))
        await asyncio.to_thread(is_asked.wait, 10)
        others = [await charger.authorize(), (await charger.start("04A1B2C3", 1, 5))["idTagInfo"]]
        was_waiting = not question.done()
        may_answer.set()
        answered = await question

    assert was_waiting
    assert [*others, answered] == [{"status": "Accepted"}] * 3


async def test_an_issuer_that_takes_too_long_is_as_good_as_silent(
    server, station, emsp, monkeypatch
):
    monkeypatch.setattr(issuers, "ANSWER_WITHIN_S", 0.2)
    await sync_to_async(roaming_token)(uid="04AA", whitelist="ALLOWED_OFFLINE")
    may_answer = threading.Event()
    emsp.answers["POST", "tokens"] = lambda *_: may_answer.wait(20) and info("BLOCKED")

    async with connected(server, "CP001", station.password) as charger:
        authorized = await charger.authorize("04AA")
    may_answer.set()

    assert authorized == {"status": "Accepted"}
    assert await Token.objects.filter(valid=True).acount() == 1


async def test_who_was_refused_stays_so_until_the_issuer_says_otherwise(server, station, emsp):
    answers = [info("BLOCKED"), refused(503, 3000), info(), refused(503, 3000)]
    emsp.answers["POST", "tokens"] = lambda *_: answers.pop(0)

    async with connected(server, "CP001", station.password) as charger:
        refusals = [await charger.authorize("04AA") for _ in range(2)]
        started = (await charger.start("04AA"))["idTagInfo"]
        accepted = [await charger.authorize("04AA") for _ in range(2)]

    assert [*refusals, started] == [{"status": "Blocked"}] * 3
    assert accepted == [{"status": "Accepted"}] * 2
    assert len(answers) == 1  # the second time its whitelist type sufficed


def test_rulings_that_ran_out_are_forgotten(db, station):
    for number, minutes in enumerate((-1, 1)):
        Ruling.objects.create(
            station=station,
            token=TokenFactory(uid=f"04{number}"),
            status="Accepted",
            auth_method="AUTH_REQUEST",
            expires_at=NOW + timedelta(minutes=minutes),
        )

    assert forget_rulings(now=NOW) == 1
    assert Ruling.objects.get().token.uid == "041"


def test_a_partner_is_asked_only_so_much_and_rests_after_silence():
    clock = [0.0]
    lines = inquiring.Lines(lambda: clock[0])

    taken = [lines.begin(1) for _ in range(MOST_AT_ONCE + 1)]
    beside = lines.begin(2)
    for _ in range(DEAD_AFTER):
        lines.end(1, was_answered=False)
    dead = lines.begin(1)
    clock[0] += 15.1
    alive = lines.begin(1)

    assert taken == [True] * MOST_AT_ONCE + [False]
    assert (beside, dead, alive) == (True, False, True)


async def test_a_session_is_priced_by_its_issuers_own_tariff_once_it_is_known(
    server, station, emsp
):
    @sync_to_async
    def agreed():
        for ocpi_id, where in {"ALL": {}, "THEIRS": {"party": ("NL", "RMR")}}.items():
            assign([(TariffFactory(ocpi_id=ocpi_id).pk, Place(**where))])

    await agreed()
    emsp.answers["POST", "tokens"] = info()

    async with connected(server, "CP001", station.password) as charger:
        await charger.start("04AA", 1, 100)

    session = await ChargingSession.objects.select_related("tariff_version__tariff").aget()
    assert session.tariff_version.tariff.ocpi_id == "THEIRS"
