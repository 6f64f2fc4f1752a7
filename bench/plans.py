"""What plans cost: one site's first and next plan, and a thousand unlike sites at once.

CPU of this process; prices and loads are drawn with a seed, in the shape of real ones.
"""

import time
from statistics import median
from typing import Any

import numpy as np

from energy.domain.dispatch import Outlook, Planner
from energy.domain.site import Site, site_of

STEPS, SITES, PLANS = 144, 1000, 96
COLD_MS, WARM_MS, ALL_S = 10, 3, 5
EVENING = (17, 21)  # hours in which one source is limited


def report() -> None:
    """The table: figure, what it must reach, whether it does."""
    cold, warm = one_site()
    rows = [
        ("first plan of a site, CPU-ms", cold, COLD_MS),
        ("next plan of a site, CPU-ms", warm, WARM_MS),
        (f"{SITES} sites, CPU-s", many_sites(), ALL_S),
    ]
    print(f"\n{'plans over 36 hours':44}{'measured':>12}{'must be':>12}")
    for name, value, limit in rows:
        verdict = "held" if value <= limit else "MISSED"
        print(f"{name:44}{value:12.2f}{f'<= {limit}':>12}  {verdict}")


def one_site() -> tuple[float, float]:
    """CPU-ms of the first plan, the model built for it, and of the plans of a day, each a quarter
    later with another load."""
    site, dice = _site(), np.random.default_rng(1)
    day = _outlook(dice, STEPS + PLANS)
    cold = [_cpu_ms(lambda: Planner(site, STEPS).plan(_from(day, 0))) for _ in range(9)]
    planner, warm = Planner(site, STEPS), []
    stored = day.stored
    for step in range(PLANS):
        outlook = _from(day, step, stored)
        begun = time.process_time()
        plan = planner.plan(outlook)
        warm.append((time.process_time() - begun) * 1000)
        stored = float(plan.stored[0])
    return median(cold), median(warm[1:])


def many_sites() -> float:
    """CPU-seconds of a plan for each of a thousand sites with loads, prices and limits of their
    own, by the planner that sites of one kind share."""
    planner, dice = Planner(_site(), STEPS), np.random.default_rng(2)
    outlooks = [_outlook(dice, STEPS) for _ in range(SITES)]
    return _cpu_ms(lambda: [planner.plan(one) for one in outlooks]) / 1000


def _site() -> Site:
    sources = [
        {"name": name, "contract": {"kind": "flat", "price_eur_kwh": 0}, "import_limit_kw": kw}
        for name, kw in (("A", 120), ("B", 80), ("C", 50))
    ]
    battery = {
        "capacity_kwh": 200, "charge_kw": 100, "discharge_kw": 100, "efficiency": 0.95,
        "soc_min": 0.05, "soc_max": 0.95, "soc_start": 0.5, "wear_eur_kwh": 0.02,
    }  # fmt: skip
    body = {"time_zone": "UTC", "site_limit_kw": 250, "supply_sources": sources, "battery": battery}
    return site_of(body)


def _outlook(dice: Any, steps: int) -> Outlook:
    hour = np.arange(steps) / 4 + dice.uniform(0, 24)
    spot = 0.09 + 0.05 * np.sin(hour / 24 * 4 * np.pi) + dice.normal(0, 0.01, steps)
    bands = np.where(np.sin(hour / 24 * 2 * np.pi) > 0, 0.172, 0.128)
    caps = np.tile([[120.0], [80.0], [50.0]], steps)
    caps[2, (hour % 24 >= EVENING[0]) & (hour % 24 < EVENING[1])] = 20.0
    return Outlook(
        load=np.maximum(40 + 35 * np.sin(hour / 24 * 2 * np.pi) + dice.normal(0, 15, steps), 0),
        photovoltaics=np.maximum(60 * np.sin((hour % 24 - 6) / 12 * np.pi), 0),
        prices=np.stack([spot + 0.057, bands, np.full(steps, 0.142)]),
        caps=caps,
        stored=float(dice.uniform(20, 180)),
        end_value=0.1,
    )


def _from(day: Outlook, step: int, stored: float | None = None) -> Outlook:
    coming = slice(step, step + STEPS)
    return Outlook(
        day.load[coming], day.photovoltaics[coming], day.prices[:, coming], day.caps[:, coming],
        day.stored if stored is None else stored, day.end_value,
    )  # fmt: skip


def _cpu_ms(act: Any) -> float:
    begun = time.process_time()
    act()
    return (time.process_time() - begun) * 1000
