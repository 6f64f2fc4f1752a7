"""`manage.py simulate_site`: a site's battery, photovoltaics and meter on real Modbus TCP."""

import asyncio
import contextlib
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from cpms.embedded.plan import DEMO_EMAIL, DEMO_PASSWORD
from cpms.management.operators import OperatorCommand, Refused
from cpms.simulation.site.devices import FAULTS
from cpms.simulation.site.run import Order, run, vehicles_at
from energy.enums import MeterRole, Sign
from energy.models import Battery, SiteMeter
from stations.models import Location

DEFAULT_PORT = 15_020
HERE = "127.0.0.1"
DEMO_PLACE = "LOCHEE"
BATTERY = {"capacity_kwh": 200.0, "charge_kw": 100.0, "discharge_kw": 100.0}


class Command(OperatorCommand):
    help = (
        "Simulate a site's devices as real SunSpec devices on Modbus TCP: a battery at --port, "
        "photovoltaics at the next port, a meter at the one after. Ends at Ctrl-C."
    )
    examples = (
        "manage.py simulate_site --port 15020",
        "manage.py simulate_site --fault soc-jumps",
        "manage.py simulate_site --batteries 1000 --port 20000",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=DEFAULT_PORT, metavar="N")
        parser.add_argument(
            "--fault", choices=list(FAULTS), default="", metavar="NAME",
            help=f"every other minute: {', '.join(FAULTS)}",
        )  # fmt: skip
        parser.add_argument("--batteries", type=int, default=0, metavar="N", help="only so many")
        parser.add_argument("--demo", action="store_true", help="what `make demo` runs")

    def run(self, **options: Any) -> None:
        order = Order(options["port"], options["batteries"], options["fault"])
        if options["demo"]:
            _demo(order)
        try:
            asyncio.run(_until_told(order))
        except OSError as fault:
            raise Refused(str(fault)) from fault


async def _until_told(order: Order) -> None:
    work = asyncio.create_task(run(order))
    for how in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(how, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


def _demo(order: Order) -> None:
    """A location of the demo has these devices; its meter hangs on what its vehicles draw."""
    location = Location.objects.filter(ocpi_id=DEMO_PLACE).first()
    if location is None:
        raise Refused(f"There is no location {DEMO_PLACE}; import the demo's fleet first.")
    now = timezone.now()
    address = {"host": HERE, "last_updated": now}
    Battery.objects.update_or_create(
        location=location,
        name="Battery",
        defaults={"port": order.port, **address},
        create_defaults={"port": order.port, **address, **BATTERY, "sign": Sign.AS_OURS},
    )
    for place, (name, role) in enumerate(
        (("Photovoltaics", MeterRole.PHOTOVOLTAICS), ("Grid", MeterRole.SITE)), 1
    ):
        SiteMeter.objects.update_or_create(
            location=location,
            name=name,
            defaults={"role": role, "port": order.port + place, **address},
        )
    order.time_zone = location.time_zone
    order.load = vehicles_at(settings.PUBLIC_URL, DEMO_EMAIL, DEMO_PASSWORD, location.ocpi_id)
