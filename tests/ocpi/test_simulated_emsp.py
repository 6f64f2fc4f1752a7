"""The simulated eMSP and the CPMS with each other: registration, lists, pushes, commands."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from booking.models import ChargingSession, Token
from cpms.simulation.emsp import dealing
from cpms.simulation.emsp.drivers import DRIVERS
from cpms.simulation.emsp.emsp import SPOKEN, Emsp, Profile
from ocpi.models import Partner
from ocpi.services import partners
from ocpi.services.changes import spread_changes
from ocpi.services.pushing import push_partner
from ocpi.services.results import tell_results
from stations.models import Evse, StationCommand
from tests.factories.ocpi import roaming_cdr, roaming_session
from tests.factories.tariffs import TariffFactory
from tests.ocpi.test_lists import place
from tests.simulation.emsp.running import Running

NAME = "Demo eMSP"


@pytest.fixture(params=SPOKEN)
def emsp(request, base):
    with Running(Emsp(Profile(versions=(request.param,)))) as running:
        yield running


@pytest.fixture
def registered(emsp):
    invitation = partners.invite(name=NAME, party=("NL", "DEM"), now=timezone.now())
    emsp.do(dealing.register(emsp.emsp, invitation.versions_url, invitation.token_a))
    return emsp


def settle():
    spread_changes(now=timezone.now())
    return push_partner(partner_id=Partner.objects.get(name=NAME).pk)


def copies(emsp):
    """What it knows, by module."""
    modules = ("locations", "tariffs", "sessions", "cdrs")
    return {module: by_id(emsp.book.shelf(module).values()) for module in modules}


def lists(emsp):
    """What the CPO's lists hold, read in pages of two."""

    async def everything(module):
        return [body async for body in dealing.read(emsp.emsp, module, 2)]

    return {module: by_id(emsp.do(everything(module))) for module in copies(emsp)}


def by_id(bodies):
    return sorted(bodies, key=lambda body: body["id"])


def test_it_registers_tells_its_cards_and_renews(registered):
    emsp = registered
    emsp.do(dealing.tell_tokens(emsp.emsp))
    before = emsp.memory.token_c

    emsp.do(dealing.renew(emsp.emsp))

    told = {driver.uid for driver in DRIVERS if driver.is_told}
    assert set(Token.objects.filter(party_id="DEM").values_list("uid", flat=True)) == told
    partner = Partner.objects.get(name=NAME)
    assert (partner.state, partner.version) == ("connected", emsp.profile.versions[0])
    assert emsp.memory.token_c != before
    place()
    assert settle() == 1  # with its new token


def test_lists_and_pushes_tell_the_same(registered):
    emsp = registered
    evses = [place() for _ in range(3)]
    TariffFactory(ocpi_id="AC1")
    sessions = [roaming_session("DEM") for _ in range(3)]
    roaming_cdr("DEM")
    roaming_cdr("OTH")
    settle()
    Evse.objects.filter(pk=evses[1].pk).update(status="Charging", last_updated=timezone.now())
    settle()
    pushed = copies(emsp)

    emsp.do(dealing.pull(emsp.emsp, 2))

    assert {name: len(rows) for name, rows in pushed.items()} == {
        "locations": 8, "tariffs": len(pushed["tariffs"]), "sessions": 4, "cdrs": 1,
    }  # fmt: skip
    assert {body["id"] for body in pushed["sessions"]} >= {str(one.pk) for one in sessions}
    assert pushed == lists(emsp) == copies(emsp)


def test_it_follows_sessions_between_pushes(registered):
    emsp = registered
    sessions = [roaming_session("DEM") for _ in range(2)]
    emsp.do(dealing.pull(emsp.emsp))
    ChargingSession.objects.filter(pk=sessions[0].pk).update(
        energy_wh=5_000, last_updated=timezone.now()
    )

    emsp.do(dealing.follow(emsp.emsp))

    kwh = {body["id"]: body["kwh"] for body in emsp.book.sessions.values()}
    assert kwh == {str(sessions[0].pk): 5.0, str(sessions[1].pk): 0.0}


def test_a_command_is_answered_and_its_result_comes_back(registered):
    emsp = registered
    place(uid="E1")
    emsp.do(dealing.pull(emsp.emsp))
    (location,) = emsp.book.locations.values()

    order = emsp.do(dealing.start(emsp.emsp, DRIVERS[0], location, "E1"))
    assert (order.kind, order.response, order.state) == ("START_SESSION", "ACCEPTED", "waiting")
    StationCommand.objects.update(
        status="accepted", response={"status": "Accepted"}, settled_at=timezone.now()
    )
    tell_results()

    assert (order.state, order.results) == ("ACCEPTED", 1)


def test_the_command_line_simulates_one(registered, tmp_path):
    partners.forget_access(Partner.objects.get(name=NAME))
    invitation = partners.invite(name="Another", party=("NL", "ANO"), now=timezone.now())

    call_command(
        "simulate_emsp", "--name", "Another", "--party", "ano", "--port", "0", "--seconds", "0.2",
        "--versions-url", invitation.versions_url, "--token-a", invitation.token_a,
        "--memory", str(tmp_path / "memory"), "--ledger", str(tmp_path / "ledger"),
    )  # fmt: skip

    assert Partner.objects.get(name="Another").state == "connected"
    assert (tmp_path / "memory").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ([], 1, "Who is the CPO?"),
        (["--versions-url", "http://127.0.0.1:9/", "--token-a", "x"], 1, "ConnectionRefused"),
    ],
)
def test_a_cpo_that_is_not_there_is_said_in_one_line(db, words, code, line, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("simulate_emsp", "--port", "0", *words)

    assert ended.value.code == code
    told = capsys.readouterr().err.splitlines()
    assert line in told[-1]
