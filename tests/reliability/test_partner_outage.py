"""A partner that fails in every way for a while, while sessions end: afterwards it knows all that
we know, was told each CDR once and nothing old after something new; and the partner beside it
noticed nothing.

Real processes (web, worker, beat) on engines of their own, stations over OCPP, two simulated
eMSPs over OCPI. `OUTAGE_PHASE_S` shortens the ten minutes of the long form (seconds a phase).
"""

import asyncio
import json
import os
import statistics
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from cpms.simulation import ledger as ledgers
from cpms.simulation.emsp import dealing
from cpms.simulation.emsp.drivers import Driver
from cpms.simulation.emsp.emsp import Emsp, Profile
from cpms.simulation.emsp.manners import Mood
from cpms.simulation.ledger import Ledger
from tests.reliability.conftest import WEB
from tests.reliability.processes import WORKER, asked, beat, running, until
from tests.reliability.stations import Station
from tests.simulation.emsp.running import Running

MODULES = ("locations", "tariffs", "sessions", "cdrs")
AWAY = "away"
CDRS = """
SELECT cdr.id::text FROM booking_cdr AS cdr
JOIN booking_chargingsession AS session ON session.id = cdr.session_id
JOIN booking_token AS token ON token.id = session.token_id
WHERE token.party_id = %s
"""
OWED = """
SELECT count(*) FROM ocpi_owedpush AS owed JOIN ocpi_partner AS partner
ON partner.id = owed.partner_id WHERE owed.due_at IS NOT NULL AND partner.name = %s
"""
CHANGES = "SELECT count(*) FROM ocpi_change WHERE due_at <= now()"
REFUSED = "SELECT count(*) FROM ocpi_owedpush WHERE refused <> ''"


@dataclass(frozen=True)
class Outage:
    """How a partner fails, one phase after the other, and what happens meanwhile."""

    phases: tuple
    phase_s: float
    stations: int
    sessions: int

    @property
    def pause_s(self):
        """Between two sessions of a station, so that they fill the outage."""
        return self.phase_s * len(self.phases) * self.stations / self.sessions


SHORT = Outage((Mood.DROP, Mood.ERROR, AWAY), phase_s=1, stations=8, sessions=24)
LONG = Outage(
    (Mood.DROP, Mood.ERROR, Mood.HANG, AWAY),
    phase_s=float(os.environ.get("OUTAGE_PHASE_S", "150")),
    stations=40,
    sessions=1_000,
)


@pytest.fixture
def processes(lab, tmp_path):
    """A web process's port; a worker and beat serve it."""
    lab.environment["CPMS_EGRESS_ALLOW"] = "127.0.0.0/8"
    with lab.serve(*WEB) as server, running(lab, WORKER, beat(tmp_path / "schedule")):
        yield server.port


INVITE = """
import json
from django.utils import timezone
from ocpi.services.partners import invite
for party in {parties!r}:
    made = invite(name=party, party=("NL", party), now=timezone.now())
    print(json.dumps([party, made.token_a]))
"""


def invited(lab, parties):
    """Their tokens A."""
    lines = lab.manage("shell", "-v", "0", "-c", INVITE.format(parties=parties)).splitlines()
    return dict(json.loads(line) for line in lines)


@contextmanager
def partner(port, party, token_a, folder):
    """A simulated eMSP, registered and with one card that the CPO knows."""
    path = Path(folder) / f"{party}.jsonl"
    profile, card = Profile(party, ("NL", party)), Driver(1, f"04CAFE{party}")
    made = Emsp(profile, (card,), ledger=Ledger(path))
    with Running(made) as running:
        running.do(dealing.register(made, f"http://127.0.0.1:{port}/ocpi/versions", token_a))
        running.do(dealing.tell_tokens(made))
        running.path = path
        yield running


async def suffer(emsp, outage):
    """Go through the phases, each until it was felt; still away at the end."""
    for phase in outage.phases:
        if phase == AWAY:
            await asyncio.to_thread(emsp.leave)
            await asyncio.sleep(outage.phase_s)
        else:
            emsp.manners.mood = phase
            await asyncio.sleep(outage.phase_s)
            await until(lambda phase=phase: emsp.tally[str(phase)])
    emsp.manners.mood = Mood.HONEST


def knows_all_cdrs(lab, emsp):
    party = emsp.profile.party[1]
    return {cdr["id"] for cdr in emsp.book.cdrs.values()} == set(asked(lab, CDRS, party))


def is_paid(lab, emsp):
    return asked(lab, CHANGES) == asked(lab, OWED, emsp.profile.name) == [0]


def copies(emsp):
    return {module: by_id(emsp.book.shelf(module).values()) for module in MODULES}


def lists(emsp):
    """What the CPO's lists hold, page after page."""

    async def everything(module):
        return [body async for body in dealing.read(emsp.emsp, module)]

    return {module: by_id(emsp.do(everything(module))) for module in MODULES}


def by_id(bodies):
    return sorted(bodies, key=lambda body: body["id"])


def undated(locations):
    """Without when an EVSE may have changed: that its station came back is no news by itself."""
    return [
        {
            **location,
            "last_updated": "",
            "evses": [{**evse, "last_updated": ""} for evse in location["evses"]],
        }
        for location in by_id(locations)
    ]


def lags_s(lab, emsp):
    """From the issue of each CDR to its first acceptance."""
    with psycopg.connect(lab.environment["DATABASE_URL"]) as connection:
        issued = dict(connection.execute("SELECT id::text, issued_at FROM booking_cdr").fetchall())
    return [
        (datetime.fromisoformat(line["at"]) - issued[line["body"]["id"]]).total_seconds()
        for line in ledgers.read(emsp.path)
        if line["module"] == "cdrs" and line["verdict"] == "new"
    ]


@pytest.mark.parametrize(
    ("outage", "parties"),
    [
        pytest.param(SHORT, ("FLA", "STE"), id="for seconds"),
        pytest.param(LONG, ("FLB", "STF"), id="for minutes", marks=pytest.mark.slow),
    ],
)
async def test_a_partner_that_failed_for_a_while(lab, processes, tmp_path, outage, parties):
    tokens = await asyncio.to_thread(invited, lab, parties)
    with (
        partner(processes, parties[0], tokens[parties[0]], tmp_path) as flaky,
        partner(processes, parties[1], tokens[parties[1]], tmp_path) as steady,
    ):
        cards = [flaky.drivers[0].uid, steady.drivers[0].uid]
        fleet = [Station(processes, n, cards[n % 2]) for n in range(outage.stations)]
        times = outage.sessions // outage.stations
        await until(lambda: is_paid(lab, flaky) and is_paid(lab, steady))  # all is up and told
        work = asyncio.gather(*(one.charge_times(times, outage.pause_s) for one in fleet))
        await suffer(flaky, outage)
        await work
        await until(lambda: knows_all_cdrs(lab, steady))  # while the other is still away
        missed = set(asked(lab, CDRS, parties[0])) - {c["id"] for c in flaky.book.cdrs.values()}

        await asyncio.to_thread(flaky.come_back)
        took_s = await until(lambda: is_paid(lab, flaky) and is_paid(lab, steady))

        assert missed
        for emsp in (flaky, steady):
            ours = await asyncio.to_thread(lists, emsp)
            assert {**copies(emsp), "locations": undated(emsp.book.locations.values())} == {
                **ours,
                "locations": undated(ours["locations"]),
            }
            told = list(ledgers.read(emsp.path))
            once = Counter(
                line["body"]["id"]
                for line in told
                if line["module"] == "cdrs" and line["verdict"] == "new"
            )
            assert once == dict.fromkeys(asked(lab, CDRS, emsp.profile.name), 1)
            assert {line["verdict"] for line in told} <= {"new", "changed", "repeated"}
        assert asked(lab, REFUSED) == [0]
        await asyncio.gather(*(one.leave() for one in fleet))
        assert [refusal for one in fleet for refusal in one.account.refusals] == []
        report(lab, outage, flaky, steady, len(missed), took_s)


def report(lab, outage, flaky, steady, missed, took_s):
    sessions = sum(len(emsp.book.sessions) for emsp in (flaky, steady))
    lags = sorted(lags_s(lab, steady))
    repeated = sum(line["verdict"] == "repeated" for line in ledgers.read(flaky.path))
    print(
        f"\n{outage.phase_s * len(outage.phases):g} s of failures, {sessions} sessions: "
        f"{missed} CDRs missed, all made good {took_s:.1f} s after the return, "
        f"{repeated} messages repeated, none doubled, none out of order; the partner beside it "
        f"waited {statistics.median(lags):.2f} s for a CDR (median), {lags[-1]:.2f} s at most, "
        f"{lags[len(lags) * 99 // 100]:.2f} s at p99"
    )
