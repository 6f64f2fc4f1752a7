"""What a round of 1,000 batteries costs the poller: real Modbus TCP, the real database."""

import asyncio
import json
import statistics
import time

import uvloop

from energy.enums import OutOfPlan
from energy.models import Battery
from energy.polling.poller import Poller
from stations.models import Location

ROUNDS = 7
FIRST_ROUNDS = 3  # connecting, and the models of each


def measure(port: int, count: int) -> None:
    """Prints the median of the rounds, in ms, as JSON. The batteries listen at `port` and after."""
    location = Location.objects.order_by("pk").first()
    Battery.objects.bulk_create(
        Battery(
            location=location, name=f"B{number}", capacity_kwh=200, charge_kw=100,
            discharge_kw=100, host="127.0.0.1", port=port + number, sign=1,
        )
        for number in range(count)
    )  # fmt: skip
    rounds, cpu = uvloop.run(_rounds())
    healthy = Battery.objects.filter(out_of_plan="").exclude(soc=None).count()
    print(
        json.dumps(
            {
                "batteries": count,
                "healthy": healthy,
                "not read": Battery.objects.filter(out_of_plan=OutOfPlan.NOT_READ).count(),
                "round ms": statistics.median(rounds),
                "cpu ms": statistics.median(cpu),
            }
        )
    )


async def _rounds() -> tuple[list[float], list[float]]:
    poller, walls, cpus = Poller(), [], []
    for number in range(FIRST_ROUNDS + ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        await poller.round()
        if number >= FIRST_ROUNDS:
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
        else:
            await asyncio.sleep(2)
    poller.close()
    return walls, cpus
