import asyncio
import json

from cpms.simulation.clock import Clock
from cpms.simulation.fleet import Fleet
from cpms.simulation.memory import Message
from cpms.simulation.physics import Car
from cpms.simulation.scenarios import cut, forget_stop, go_offline, lose_answer, stop_first
from cpms.simulation.world import StationSpec, World
from tests.simulation.conftest import CP1, IMPATIENT, until


def car():
    return Car(battery_wh=60_000, stored_wh=20_000, ac_max_w=11_000, dc_max_w=50_000)


async def charge(station, number=1, id_tag="TAG"):
    station.charging.plug_in(number, car())
    assert await station.charging.present(number, id_tag)


def transaction_messages(csms):
    wanted = {"StartTransaction", "MeterValues", "StopTransaction"}
    return [action for action in csms.actions() if action in wanted]


async def test_a_cold_station_boots_first_and_then_tells_its_statuses(csms, fleet):
    told = csms.actions("CP2")

    assert told == ["BootNotification", "StatusNotification", "StatusNotification"]
    assert csms.payloads("BootNotification")[0] == {
        "chargePointVendor": "eMall",
        "chargePointModel": "Simulated",
        "chargePointSerialNumber": CP1.serial_number,
        "firmwareVersion": "1.0.0",
        "meterType": "Simulated",
    }


async def test_a_driver_charges_and_the_stop_bears_the_id_of_the_start(csms, fleet):
    await charge(fleet["CP1"])
    await csms.until(lambda: "MeterValues" in csms.actions())

    assert await fleet["CP1"].charging.present(1, "TAG")
    fleet["CP1"].charging.unplug(1)
    await fleet.all_delivered()

    (stop,) = csms.payloads("StopTransaction")
    assert (stop["transactionId"], stop["reason"], stop["idTag"]) == (1, "Local", "TAG")
    assert {m["transactionId"] for m in csms.payloads("MeterValues")} == {1}
    await csms.until(lambda: csms.payloads("StatusNotification")[-1]["status"] == "Available")
    statuses = [s["status"] for s in csms.payloads("StatusNotification") if s["connectorId"] == 1]
    assert statuses[2:] == ["Preparing", "Charging", "Finishing", "Available"]


async def test_a_card_that_the_csms_blocks_gets_no_energy(csms, fleet):
    csms.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    fleet["CP1"].charging.plug_in(1, car())

    assert not await fleet["CP1"].charging.present(1, "TAG")

    assert transaction_messages(csms) == []


async def test_what_happened_offline_is_told_in_order_on_return(csms, fleet):
    station = fleet["CP1"]
    await charge(station)
    await fleet.all_delivered()

    go_offline(station, Dice(1.5))
    await until(lambda: station.link is None)
    await asyncio.sleep(1.2)
    station.charging.end(station.charging.connectors[1], "Local")
    await csms.until(lambda: "StopTransaction" in csms.actions())

    messages = transaction_messages(csms)
    assert messages[0] == "StartTransaction"
    assert messages[-1] == "StopTransaction"
    assert set(messages[1:-1]) == {"MeterValues"}
    times = [m["meterValue"][0]["timestamp"] for m in csms.payloads("MeterValues")]
    assert times == sorted(times)
    assert times[-1] < csms.payloads("StopTransaction")[0]["timestamp"]
    assert csms.actions("CP1").count("BootNotification") == 1


async def test_power_that_fails_while_charging_ends_the_transaction_after_the_boot(csms, fleet):
    station = fleet["CP1"]
    await charge(station)
    await fleet.all_delivered()

    await station.reboot("PowerLoss")
    await csms.until(lambda: "StopTransaction" in csms.actions())

    actions = csms.actions("CP1")
    assert actions.count("BootNotification") == 2
    boot = len(actions) - 1 - actions[::-1].index("BootNotification")
    assert boot < actions.index("StopTransaction")
    assert csms.payloads("StopTransaction")[0]["reason"] == "PowerLoss"


async def test_a_message_whose_answer_got_lost_comes_again_under_a_new_id(csms, fleet):
    lose_answer(fleet["CP1"], Dice("StartTransaction"))

    await charge(fleet["CP1"])
    await csms.until(lambda: csms.actions().count("StartTransaction") == 2)

    first, second = csms.payloads("StartTransaction")
    assert first == second
    assert len(set(csms.message_ids)) == len(csms.message_ids)
    assert fleet.world.tally.timed_out == {"StartTransaction": 1}


async def test_a_start_that_was_given_up_leaves_minus_one_for_what_follows(csms, fleet):
    station = fleet["CP1"]
    station.configuration.change("TransactionMessageAttempts", "1")
    lose_answer(station, Dice("StartTransaction"))

    await charge(station)
    await csms.until(lambda: "MeterValues" in csms.actions())
    station.charging.unplug(1)
    await csms.until(lambda: "StopTransaction" in csms.actions())

    assert {m["transactionId"] for m in csms.payloads("MeterValues")} == {-1}
    assert csms.payloads("StopTransaction")[0]["transactionId"] == -1


async def test_a_stop_can_come_before_its_start(csms, fleet):
    stop_first(fleet["CP1"], Dice())

    await charge(fleet["CP1"])
    fleet["CP1"].charging.unplug(1)
    await fleet.all_delivered()

    assert transaction_messages(csms) == ["StopTransaction", "StartTransaction"]
    assert csms.payloads("StopTransaction")[0]["transactionId"] == -1


async def test_a_forgotten_stop_is_never_sent(csms, fleet):
    forget_stop(fleet["CP1"], Dice())

    await charge(fleet["CP1"])
    fleet["CP1"].charging.unplug(1)
    await charge(fleet["CP1"])
    await fleet.all_delivered()

    starts = [action for action in transaction_messages(csms) if action != "MeterValues"]
    assert starts == ["StartTransaction", "StartTransaction"]


async def test_a_cut_station_is_back_without_a_boot(csms, fleet):
    cut(fleet["CP1"], Dice())
    await until(lambda: csms.dialled["CP1"] == 2 and fleet["CP1"].registered.is_set())

    assert csms.actions("CP1").count("BootNotification") == 1


async def test_remote_start_brings_a_car_only_when_the_world_does(csms, fleet):
    answer = await csms.call("CP1", "RemoteStartTransaction", {"idTag": "APP", "connectorId": 2})
    await csms.until(lambda: csms.payloads("StatusNotification")[-1]["status"] == "Preparing")
    fleet["CP1"].charging.plug_in(2, car())
    await csms.until(lambda: "StartTransaction" in csms.actions())
    await fleet.all_delivered()
    stopped = await csms.call("CP1", "RemoteStopTransaction", {"transactionId": 1})
    await csms.until(lambda: "StopTransaction" in csms.actions())

    assert answer[2] == stopped[2] == {"status": "Accepted"}
    assert csms.payloads("StartTransaction")[0]["idTag"] == "APP"
    assert csms.payloads("StopTransaction")[0]["reason"] == "Remote"


async def test_a_new_key_is_used_at_once(csms, fleet):
    key = "00112233445566778899aabbccddeeff"

    answer = await csms.call(
        "CP1", "ChangeConfiguration", {"key": "AuthorizationKey", "value": key}
    )
    csms.keys["CP1"] = key
    await until(lambda: csms.dialled["CP1"] >= 2 and fleet["CP1"].registered.is_set())

    assert answer[2] == {"status": "Accepted"}
    assert fleet["CP1"].memory.key == key


async def test_power_follows_the_charging_profile(csms, fleet):
    await charge(fleet["CP1"])
    await fleet.all_delivered()
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}],
    }
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }

    answer = await csms.call(
        "CP1", "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile}
    )

    assert answer[2] == {"status": "Accepted"}
    assert fleet["CP1"].charging.connectors[1].power_w == 10 * 230 * 3


async def test_every_question_gets_an_answer_of_the_right_shape(csms, fleet):
    questions = [
        ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
        ("ClearCache", {}),
        ("ClearChargingProfile", {}),
        ("DataTransfer", {"vendorId": "eMall", "messageId": "echo", "data": "hello"}),
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 600}),
        ("GetConfiguration", {}),
        ("GetDiagnostics", {"location": "ftp://example.com/"}),
        ("GetLocalListVersion", {}),
        ("SendLocalList", {"listVersion": 1, "updateType": "Full"}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
        ("UnlockConnector", {"connectorId": 1}),
        ("CancelReservation", {"reservationId": 7}),
    ]

    answers = [await csms.call("CP1", *question) for question in questions]
    unknown = await csms.call("CP1", "MakeCoffee", {})
    broken = await csms.call("CP1", "UnlockConnector", {})

    assert [frame[0] for frame in answers] == [3] * len(questions)
    assert (unknown[0], unknown[2]) == (4, "NotImplemented")
    assert (broken[0], broken[2]) == (4, "FormationViolation")


async def test_an_answer_without_what_it_must_hold_costs_the_connection_only(csms, fleet):
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    csms.answers["StartTransaction"] = {"idTagInfo": {}, "transactionId": 1}

    await charge(fleet["CP1"])
    await until(lambda: csms.dialled["CP1"] > 1)
    csms.answers.clear()
    await fleet.all_registered()

    assert fleet.world.tally.errors["KeyError"] >= 1


async def test_strangers_and_wrong_keys_are_counted(csms):
    world = World(csms.url, Clock(), IMPATIENT)
    specs = [StationSpec("NOBODY", "x"), StationSpec("CP1", "wrong")]

    async with Fleet(world, specs) as fleet:
        await until(lambda: {"http_401", "http_404"} <= world.tally.errors.keys())

        assert fleet.summary()["stations"] == {"simulated": 2, "accepted": 0, "connected": 0}


class Dice:
    """Falls as it is told."""

    def __init__(self, value=None):
        self.value = value

    def uniform(self, *_):
        return self.value

    choice = uniform


async def test_what_is_kept_is_a_picture_that_no_later_event_changes(fleet):
    kept = fleet.memories()
    before = json.dumps(kept)

    fleet["CP1"].memory.queue.append(Message(99, "StartTransaction", {}, None))

    assert json.dumps(kept) == before
    assert json.dumps(fleet.memories()) != before
    fleet["CP1"].memory.queue.clear()
