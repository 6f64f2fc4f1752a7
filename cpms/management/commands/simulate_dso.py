"""`manage.py simulate_dso`: simulated grid operators as real peers, here or elsewhere."""

import asyncio
import sys
from argparse import ArgumentParser
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from cpms.management.operators import OperatorCommand, Refused
from cpms.simulation.dso.capacity import Memory
from cpms.simulation.dso.run import Order, run
from cpms.simulation.dso.vtn import Vtn
from dso.enums import DsoState, WireVersion
from dso.models import Dso
from dso.services import keeping
from energy.enums import ContractKind
from energy.models import PriceList, SupplyContract, SupplySource
from stations.models import Location

DEFAULT_PORT = 8002
STARTS_WITHIN = timedelta(seconds=3)
DEMO_PLACE, DEMO_PRICES = "LOCHEE", "Demo day-ahead"
OSCP_NAME, OPENADR_NAME = "Demo grid North (OSCP)", "Demo grid South (OpenADR)"
FULL_KW, TARGET, GROUP = 100.0, "871687120000000001", "LOCHEE-NORTH"


class Command(OperatorCommand):
    help = (
        "Simulate two grid operators: a capacity provider (OSCP 2.0), which registers with a "
        "CPMS by --oscp-url and --token-a (portal: Grid operators, Add DSO), and a VTN (OpenADR "
        "3.1), to be added by its URL and the client that it prints. Ends after --seconds, or at "
        "Ctrl-C. Exit code 1: a port or a file cannot be used; 2: usage."
    )
    examples = (
        "manage.py simulate_dso --port 8002",
        "manage.py simulate_dso --oscp-url http://127.0.0.1:8000/oscp/fp/2.0 --token-a TOKEN",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--oscp-url", metavar="URL", help="of the CPMS that invited it")
        parser.add_argument("--token-a", metavar="TOKEN", help="the invitation")
        parser.add_argument("--group", default=GROUP, metavar="ID", help="the OSCP group")
        parser.add_argument("--target", default=TARGET, metavar="ID", help="of OpenADR events")
        parser.add_argument("--kw", type=float, default=FULL_KW, help="of the connection")
        parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS")
        parser.add_argument("--port", type=int, default=DEFAULT_PORT, metavar="N")
        parser.add_argument("--memory", type=Path, metavar="FILE", help="its registration, kept")
        parser.add_argument("--seconds", type=float, metavar="S", help="end after S seconds")
        parser.add_argument("--demo", action="store_true", help="what `make demo` runs")

    def run(self, **options: Any) -> None:
        invitation = None
        if options["oscp_url"] and options["token_a"]:
            invitation = (options["oscp_url"].rstrip("/"), options["token_a"])
        order = Order(
            options["group"], options["target"], options["kw"], options["host"], options["port"],
            invitation, options["memory"], options["seconds"],
        )  # fmt: skip
        if options["demo"]:
            order = _demo(order, timezone.now())
        _show(f"OpenADR client: {Vtn.client_id} / {Vtn.client_secret}")
        try:
            asyncio.run(run(order, _show))
        except (OSError, OverflowError) as fault:
            raise Refused(str(fault)) from fault


def _demo(order: Order, now: datetime) -> Order:
    """Grid operators of two sources of the demo's first location."""
    place = Location.objects.filter(ocpi_id=DEMO_PLACE).first()
    if place is None:
        raise Refused(f"There is no location {DEMO_PLACE}: manage.py fleet import the demo first.")
    folder = Path(settings.DATA_DIR) / "simulation"
    folder.mkdir(parents=True, exist_ok=True)
    prices, _ = PriceList.objects.get_or_create(name=DEMO_PRICES)
    north, south = _source(place, "North", ""), _source(place, "South", TARGET)
    _contract(north, now, kind=ContractKind.FLAT, price_kwh=Decimal("0.142"))
    _contract(south, now, kind=ContractKind.SPOT, price_list=prices, adder_kwh=Decimal("0.057"))
    _keep_vtn(f"http://{order.host}:{order.port}/openadr3", south, prices, now)
    kept = folder / "dso.json"
    return replace(order, memory=kept, invitation=_invite(north, kept, now))


def _source(place: Location, name: str, connection_id: str) -> SupplySource:
    found, _ = SupplySource.objects.get_or_create(
        location=place, name=name,
        defaults={"import_limit_kw": FULL_KW, "connection_id": connection_id},
    )  # fmt: skip
    return found


def _contract(source: SupplySource, now: datetime, **terms: Any) -> None:
    if not source.contracts.exists():
        SupplyContract.objects.create(source=source, valid_from=now, **terms)


def _keep_vtn(url: str, source: SupplySource, prices: PriceList, now: datetime) -> None:
    if not Dso.objects.filter(name=OPENADR_NAME).exists():
        fields = {
            "name": OPENADR_NAME, "base_url": url, "version": WireVersion.V310,
            "client_id": Vtn.client_id, "ven_name": "NL-EMA", "poll_every_s": 30,
        }  # fmt: skip
        dso = keeping.add_vtn(fields=fields, secret=Vtn.client_secret, now=now)
        keeping.link(dso=dso, source=source, price_list=prices, now=now)
    Dso.objects.filter(name=OPENADR_NAME).update(
        base_url=url, next_poll_at=now + STARTS_WITHIN, subscription_seen_at=None
    )


def _invite(source: SupplySource, kept: Path, now: datetime) -> tuple[str, str] | None:
    """The invitation that it needs; None when both sides know each other. Where only one does,
    the other forgets."""
    dso = Dso.objects.filter(name=OSCP_NAME).first()
    is_known = dso is not None and dso.state != DsoState.NEW
    if is_known and Memory.load(kept).token_out:
        return None
    kept.unlink(missing_ok=True)
    if dso is not None and is_known:
        keeping.remove(dso=dso, now=now)
    invitation = keeping.invite_peer(name=OSCP_NAME, now=now)
    if not invitation.dso.links.exists():
        keeping.link(dso=invitation.dso, source=source, group=GROUP, now=now)
    return invitation.base_url, invitation.token_a


def _show(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
