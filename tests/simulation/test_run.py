import asyncio
import json

import pytest

from cpms.simulation import ledger
from cpms.simulation.fleet_file import FleetPlan
from cpms.simulation.run import ADVICE, Order, run
from cpms.simulation.world import StationSpec
from tests.simulation.conftest import CP1, CP2

PLAN = FleetPlan((CP1, CP2), ("TAG",))


def hush(line):
    pass


async def test_a_run_ends_after_its_time_with_everybody_gone(csms):
    report = await run(Order(csms.url, PLAN, seconds=4), hush)

    messages = report.summary["messages"]["by_action"]
    assert report.wrongs == []
    assert report.summary["sessions"]["started"] == report.summary["sessions"]["ended"] == 3
    assert messages["StartTransaction"]["acknowledged"] == 3
    assert messages["StopTransaction"]["acknowledged"] == 3
    assert report.summary["messages"]["sent"] == len(csms.requests)
    assert report.summary["owed"] == report.summary["charging"]["connectors"] == 0
    latency = report.summary["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["max"]


async def test_recorded_sessions_are_under_way_at_the_start(csms):
    order = Order(csms.url, PLAN, seconds=3, recorded=True, speed=6)

    report = await run(order, hush)

    assert report.wrongs == []
    assert report.summary["sessions"]["started"] >= 1


async def test_refused_stations_make_a_run_fail_with_advice(csms):
    strangers = (StationSpec("NOBODY", "x"), StationSpec("CP1", "wrong"))
    lines = []

    report = await run(Order(csms.url, FleetPlan(strangers, ("TAG",)), seconds=1.5), lines.append)

    assert report.wrongs[0] == "2 of 2 stations were never accepted."
    assert set(report.wrongs[1:]) == {ADVICE["http_401"], ADVICE["http_404"]}
    assert {ADVICE["http_401"], ADVICE["http_404"]} <= set(lines)


async def test_nobody_at_the_address_is_said_so():
    order = Order("ws://127.0.0.1:9/ocpp/{identity}", PLAN, seconds=1)

    report = await run(order, hush)

    assert report.wrongs == [
        "2 of 2 stations were never accepted.",
        ADVICE["ConnectionRefusedError"],
    ]


@pytest.mark.parametrize(
    ("scenario", "deed"),
    [("flaky", "cut"), ("retries", "lose_answer"), ("reconnect-storm", "cut")],
)
async def test_what_goes_wrong_on_purpose_makes_no_run_fail(csms, scenario, deed):
    seconds = 11 if scenario == "reconnect-storm" else 5

    report = await run(Order(csms.url, PLAN, scenario=scenario, seconds=seconds, seed=5), hush)

    assert report.wrongs == []
    assert report.summary["faults"][deed] >= 1


async def test_the_ledger_tells_what_was_acknowledged(csms, tmp_path):
    path = tmp_path / "ledger.jsonl"

    report = await run(Order(csms.url, PLAN, seconds=3, ledger=path), hush)

    kept = ledger.acknowledged(path)
    told = [(e.station, e.action, e.payload) for e in kept]
    assert sorted(map(json.dumps, told)) == sorted(map(json.dumps, csms.requests))
    assert len(kept) == report.summary["messages"]["acknowledged"]


async def test_with_a_memory_stations_go_on_where_they_were(csms, tmp_path):
    order = Order(csms.url, PLAN, seconds=3, memory=tmp_path / "memory.json")
    await run(order, hush)
    before = len(csms.requests)
    assert "StopTransaction" not in csms.actions()

    await run(order, hush)

    again = csms.requests[before:]
    stops = [payload for _, action, payload in again if action == "StopTransaction"]
    assert [stop["reason"] for stop in stops] == ["PowerLoss"] * 3
    assert {stop["transactionId"] for stop in stops} == {1, 2, 3}
    assert order.memory.stat().st_mode & 0o077 == 0


async def test_a_csms_that_is_gone_for_a_while_gets_everything(csms):
    async def slam():
        await asyncio.sleep(2)
        for socket in list(csms.sockets.values()):
            await socket.close()

    work = asyncio.create_task(slam())
    report = await run(Order(csms.url, PLAN, seconds=5), hush)
    await work

    assert report.wrongs == []
    assert report.summary["connections"]["closed"]["1000"] == 2
