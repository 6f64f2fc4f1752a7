"""A driver's whole journey through an eMSP, over real sockets: the product's web process, its
courier, a simulated eMSP and a simulated station, which share no code with it."""

import asyncio
import io
import json
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command

from booking.models import Cdr
from cpms.simulation import ledger as ledgers
from cpms.simulation.emsp import dealing
from cpms.simulation.emsp.drivers import Driver
from cpms.simulation.emsp.emsp import SPOKEN, Emsp, Profile
from cpms.simulation.ledger import Ledger
from cpms.simulation.physics import Car, Outlet
from cpms.simulation.station import Station
from cpms.simulation.world import Manners, StationSpec, World, endpoint
from ocpi.courier import Courier
from ocpi.services import partners
from stations.models import Evse
from tariffs import services as tariffs
from tariffs.domain.places import Place
from tests.factories.stations import ConnectorFactory
from tests.factories.tariffs import body_of_tariff
from tests.simulation.emsp.running import Running

PATIENCE_S = 15
DC = Outlet(350_000, phases=0, volts=400, fixed_cable=True)
DRIVER = Driver(1, "04CAFE01", whitelist="NEVER")


def component(kind, price):
    return {"type": kind, "price": price, "vat": 21.0, "step_size": 1}


ELEMENTS = [
    {
        "price_components": [component("FLAT", 2.5)],
        "restrictions": {"reservation": "RESERVATION"},
    },
    {"price_components": [component("ENERGY", 0.45), component("FLAT", 1.0)]},
]


@pytest.fixture
def priced(station):
    """Its EVSEs have connectors, and a tariff with fees for reserving and starting."""
    for evse in Evse.objects.all():
        ConnectorFactory(evse=evse, power_type="DC")
    version, _ = tariffs.save_tariff(
        body=body_of_tariff("ROAM", elements=ELEMENTS), now=datetime.now(UTC)
    )
    tariffs.assign([(version.tariff_id, Place(location_id=station.location_id))])
    return station


@pytest.fixture(params=SPOKEN)
def emsp(request, server, settings, priced, tmp_path):
    """Registered, its card known to the CPO; what it is told comes by events or each second."""
    settings.PUBLIC_URL = f"http://127.0.0.1:{server.port}"
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    courier = Courier()
    courier.start()
    made = Emsp(Profile(versions=(request.param,)), [DRIVER], ledger=Ledger(tmp_path / "ledger"))
    with Running(made) as running:
        party = running.profile.party
        invited = partners.invite(name="Roamer", party=party, now=datetime.now(UTC))
        running.do(dealing.register(made, invited.versions_url, invited.token_a))
        running.do(dealing.tell_tokens(made))
        yield running
        courier.stop()


@pytest.fixture
async def charger(server, station):
    spec = StationSpec("CP001", station.password, (DC, DC))
    presets = {"MeterValueSampleInterval": "1"}
    world = World(endpoint(server.ws_url), manners=Manners(boot_s=0), presets=presets)
    async with Station(spec, world) as running:
        await asyncio.wait_for(running.registered.wait(), PATIENCE_S)
        yield running


async def until(holds):
    async with asyncio.timeout(PATIENCE_S):
        while not (found := holds()):  # noqa: ASYNC110 -- threads of others change it
            await asyncio.sleep(0.01)
    return found


async def ordered(emsp, give, *about):
    """Give an order and wait for what the station made of it."""
    order = await asyncio.to_thread(emsp.do, give(emsp.emsp, *about))
    await until(lambda: order.state != "waiting")
    return order.kind, order.state, order.results


def only(shelf):
    (body,) = shelf.values()
    return body


async def test_from_the_reservation_to_the_bill(emsp, charger, tmp_path):
    book = emsp.book
    await until(lambda: book.locations and book.tariffs)
    location, uid = only(book.locations), "CP001-2"

    reserved = await ordered(emsp, dealing.reserve, DRIVER, location, uid)
    await until(lambda: book.sessions and only(book.sessions)["status"] == "RESERVATION")
    evses = {one["uid"]: one for one in only(book.locations)["evses"]}
    await until(lambda: evses[uid]["status"] == "RESERVED")
    started = await ordered(emsp, dealing.start, DRIVER, location, uid)
    charger.charging.plug_in(2, Car(battery_wh=90_000, stored_wh=9_000, dc_max_w=350_000))
    await until(lambda: only(book.sessions)["status"] == "ACTIVE")
    await until(lambda: charger.charging.connectors[2].meter_wh > 100)
    stopped = await ordered(emsp, dealing.stop, only(book.sessions))
    cdr = await until(lambda: book.cdrs and only(book.cdrs))
    session = await until(
        lambda: only(book.sessions)["status"] == "COMPLETED" and only(book.sessions)
    )

    assert [reserved, started, stopped] == [
        ("RESERVE_NOW", "ACCEPTED", 1),
        ("START_SESSION", "ACCEPTED", 1),
        ("STOP_SESSION", "ACCEPTED", 1),
    ]
    told = [
        line["body"] for line in ledgers.read(tmp_path / "ledger") if line["module"] == "sessions"
    ]
    assert {one["id"] for one in told} == {session["id"]} == {cdr["session_id"]}
    statuses = [one["status"] for one in told]
    assert list(dict.fromkeys(statuses)) == ["RESERVATION", "ACTIVE", "COMPLETED"]
    issued = await sync_to_async(Cdr.objects.get)()
    assert (cdr["id"], cdr["total_energy"]) == (str(issued.pk), issued.body["total_energy"])
    assert cdr["total_cost"] == engines_price(emsp.memory.version, cdr, tmp_path / "cdr")
    assert session["kwh"] == cdr["total_energy"]
    assert session["total_cost"].items() <= cdr["total_cost"].items()  # it names no taxes
    assert cdr["cdr_token"]["uid"] == DRIVER.uid


def engines_price(version, cdr, path):
    """What `manage.py tariff price` says of the session that a CDR tells, as its version writes a
    price."""
    session = {name: cdr[name] for name in ("start_date_time", "end_date_time", "charging_periods")}
    session["time_zone"] = "Europe/Amsterdam"
    (tariff,) = cdr["tariffs"]
    entry = {"id": 1, "version": version, "tariff": tariff, "session": session}
    path.write_text(json.dumps([entry]))
    out = io.StringIO()
    call_command("tariff", "price", str(path), stdout=out)
    (priced,) = json.loads(out.getvalue(), parse_float=Decimal)
    before, after = (rounded(priced[name]) for name in ("excl_vat", "incl_vat"))
    if version == "2.2.1":
        return {"excl_vat": float(before), "incl_vat": float(after)}
    vat = {"name": "VAT", "amount": float(after - before)}
    return {"before_taxes": float(before), "taxes": [vat]}


def rounded(amount):
    """As a CDR is: once, at the end."""
    return Decimal(amount).quantize(Decimal("0.0001"), ROUND_HALF_UP)
