"""`manage.py simulate_emsp`: a simulated eMSP as a real OCPI peer, here or elsewhere."""

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from cpms.management.operators import OperatorCommand, Refused
from cpms.simulation.emsp import memory
from cpms.simulation.emsp.cpo import CpoFailed
from cpms.simulation.emsp.emsp import SPOKEN, Profile
from cpms.simulation.emsp.manners import DESCRIPTIONS, Mood
from cpms.simulation.emsp.run import Invitation, Order, run
from ocpi.enums import PartnerState
from ocpi.models import Partner
from ocpi.services import partners

DEFAULT_PORT = 8001
MOST_PORT = 65_535
DEMO_FOLLOWS_S = 5.0


class Command(OperatorCommand):
    help = (
        "Simulate an eMSP: it registers at a CPO by an invitation (manage.py ocpi invite), reads "
        "what there is, takes pushes, answers for its cards, and shows all of it on a page of its "
        "own. Ends after --seconds, or at Ctrl-C. Exit code 0: all went well; 1: the CPO refused "
        "it (reasons on stderr); 2: usage."
    )
    examples = (
        "manage.py ocpi invite Roamer --country NL --party DEM",
        "manage.py simulate_emsp --versions-url http://127.0.0.1:8000/ocpi/versions --token-a TOKEN",
        "manage.py simulate_emsp --memory emsp.json --ledger emsp.jsonl   # goes on with that",
        "manage.py simulate_emsp --memory emsp.json --misbehave drop --share 0.3",
        "manage.py simulate_emsp --list-manners",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--versions-url", metavar="URL", help="of the CPO that invited it")
        parser.add_argument("--token-a", metavar="TOKEN", help="the invitation")
        parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS")
        parser.add_argument("--port", type=_port, default=DEFAULT_PORT, metavar="N")
        parser.add_argument("--name", default=Profile().name, help="of the business")
        parser.add_argument("--country", default="NL", metavar="NL")
        parser.add_argument("--party", default="DEM", metavar="ABC")
        parser.add_argument(
            "--speaks", choices=SPOKEN, help="this version of OCPI alone; else the CPO's newest"
        )
        parser.add_argument("--misbehave", choices=list(Mood), default=Mood.HONEST, metavar="HOW")
        parser.add_argument(
            "--share", type=_share, default=1.0, metavar="X", help="of requests, 0 to 1"
        )
        parser.add_argument("--list-manners", action="store_true", help="name them all and end")
        parser.add_argument("--memory", type=Path, metavar="FILE", help="its registration, kept")
        parser.add_argument(
            "--ledger", type=Path, metavar="FILE", help="append all that it was told"
        )
        parser.add_argument(
            "--follow", type=float, metavar="S", help="read every S seconds how far sessions are"
        )
        parser.add_argument("--seconds", type=float, metavar="S", help="end after S seconds")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance")
        parser.add_argument("--demo", action="store_true", help="what `make demo` runs")

    def run(self, **options: Any) -> None:
        if options["list_manners"]:
            for mood, text in DESCRIPTIONS.items():
                self.stdout.write(f"{mood:<8} {text}")
            return
        order = _demo(options) if options["demo"] else _order(options)
        try:
            asyncio.run(run(order, _show))
        except (OSError, CpoFailed) as fault:
            raise Refused(str(fault)) from fault


def _order(options: dict[str, Any]) -> Order:
    invitation = None
    if options["versions_url"] and options["token_a"]:
        invitation = Invitation(options["versions_url"], options["token_a"])
    elif not memory.load(options["memory"]).is_registered:
        raise Refused(
            "Who is the CPO? Say --versions-url and --token-a (manage.py ocpi invite prints "
            "both), or --memory FILE of an eMSP that is registered."
        )
    party = (options["country"].upper(), options["party"].upper())
    versions = (options["speaks"],) if options["speaks"] else SPOKEN
    return Order(
        profile=Profile(options["name"], party, versions),
        host=options["host"],
        port=options["port"],
        invitation=invitation,
        mood=Mood(options["misbehave"]),
        share=options["share"],
        memory=options["memory"],
        ledger=options["ledger"],
        follow_s=options["follow"],
        seconds=options["seconds"],
        seed=options["seed"],
    )


def _demo(options: dict[str, Any]) -> Order:
    """An eMSP that our own CPMS invites, unless it is registered already."""
    folder = settings.DATA_DIR / "simulation"
    folder.mkdir(parents=True, exist_ok=True)
    profile = Profile()
    kept = folder / "emsp.json"
    return Order(
        profile=profile,
        port=options["port"],
        invitation=_invite(profile, kept),
        memory=kept,
        ledger=folder / "emsp.jsonl",
        follow_s=DEMO_FOLLOWS_S,
    )


def _invite(profile: Profile, kept: Path) -> Invitation | None:
    """The invitation that it needs; None when both sides know each other. Where only one does,
    the other forgets."""
    partner = Partner.objects.filter(name=profile.name).first()
    is_known = partner is not None and partner.state == PartnerState.CONNECTED
    if is_known and memory.load(kept).is_registered:
        return None
    kept.unlink(missing_ok=True)
    if partner is not None and is_known:
        partners.forget_access(partner)
    made = partners.invite(name=profile.name, party=profile.party, now=timezone.now())
    return Invitation(made.versions_url, made.token_a)


def _show(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_PORT:
        raise ArgumentTypeError(f"a whole number from 0 to {MOST_PORT}, not {text!r}")
    return int(text)


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ArgumentTypeError(f"a number from 0 to 1, not {text!r}")
    return number
