import asyncio

import pytest

from cpms.simulation.fleet_file import FleetPlan
from cpms.simulation.rude import RUDENESSES, Door
from cpms.simulation.rude.report import observe
from cpms.simulation.run import Order, run
from tests.simulation.conftest import CP1, CP2
from tests.simulation.csms import Csms


@pytest.fixture
async def csms():
    """One whose complaints about messages nobody reads."""
    async with Csms({"CP1": CP1.password, "CP2": CP2.password}) as running:
        yield running


def door(csms):
    return Door(csms.url, "CP2", CP2.password, patience_s=0.1)


async def test_every_rudeness_is_committed_and_reported(csms):
    canary = door(csms).behave
    quick = [name for name in RUDENESSES if name != "answer_late"]

    seen = [verdict async for verdict in observe(door(csms), canary, quick)]

    verdicts = {verdict.name: verdict for verdict in seen}
    assert list(verdicts) == quick
    assert verdicts["unknown_identity"].refused == {404: 1}
    assert verdicts["wrong_password"].refused == {401: 1}
    assert verdicts["ten_megabyte_frame"].closed == {1009: 1}
    assert verdicts["not_utf8"].closed == {1007: 1}
    assert verdicts["one_byte_fragments"].answers["CALLRESULT"] == 2
    assert verdicts["calls_without_waiting"].answers["CALLRESULT"] == 1001


async def test_an_internal_error_is_judged_wrong(csms):
    def fail(payload):
        raise ZeroDivisionError

    csms.answers["Heartbeat"] = fail

    (verdict,) = [v async for v in observe(door(csms), door(csms).behave, ["one_byte_fragments"])]

    assert verdict.wrongs == ("closed with 1011",)


async def test_a_canary_that_gets_no_answer_is_judged_wrong(csms):
    async def silent():
        raise ConnectionResetError

    (verdict,) = [v async for v in observe(door(csms), silent, ["unknown_action"])]

    assert verdict.wrongs == ("the canary was not answered",)
    assert "WRONG: the canary was not answered" in verdict.line()


async def test_the_rude_scenario_leaves_the_others_alone(csms):
    plan, lines = FleetPlan((CP1, CP2), ("TAG",)), []

    report = await run(Order(csms.url, plan, scenario="rude", seconds=6), lines.append)

    assert report.summary["stations"] == {"simulated": 1, "accepted": 1, "connected": 1}
    assert [verdict.name for verdict in report.verdicts] == list(RUDENESSES)[: len(report.verdicts)]
    assert len(report.verdicts) >= 3
    assert [line for line in lines if line.startswith("wrong_subprotocol")]


async def test_a_late_answer_comes_late(csms):
    work = asyncio.create_task(RUDENESSES["answer_late"](polite := door(csms)))
    await csms.until(lambda: "BootNotification" in csms.actions())
    await asyncio.sleep(0.01)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(csms.call("CP2", "Reset", {"type": "Soft"}), 0.5)

    work.cancel()
    await polite.leave()
