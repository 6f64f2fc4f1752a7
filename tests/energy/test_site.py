from copy import deepcopy
from datetime import time

import pytest

from energy.domain.site import (
    Bands,
    Battery,
    Flat,
    Photovoltaics,
    Spot,
    SupplySource,
    TimedLimit,
    site_of,
)
from energy.errors import InvalidSite
from tests.energy.sites import PLAIN, WHOLE


def test_a_whole_site():
    site = site_of(WHOLE)

    assert site.sources == (
        SupplySource("A", Spot(0.05), 120),
        SupplySource("B", Bands(0.172, 0.158, 0.128), 80),
        SupplySource(
            "C",
            Flat(0.142),
            50,
            (TimedLimit(frozenset(range(5)), time(17), time(21), 20),),
        ),
    )
    assert site.battery == Battery(200, 100, 100, 0.95, 0.05, 0.95, 0.5, 0.02)
    assert site.photovoltaics == Photovoltaics(60, "solar")
    assert (str(site.zone), site.site_limit_kw) == ("Europe/Rome", 250)


def test_what_a_site_may_lack():
    site = site_of(PLAIN)

    assert (site.battery, site.photovoltaics, site.charges_for_peaks) == (None, None, False)


@pytest.mark.parametrize(
    ("days", "numbers"),
    [
        ("mon-sun", range(7)),
        ("sat", [5]),
        ("fri-mon", [4, 5, 6, 0]),
        ("Mon, wed-thu", [0, 2, 3]),
    ],
)
def test_days(days, numbers):
    body = deepcopy(PLAIN)
    body["supply_sources"][2]["limits"][0]["days"] = days

    assert site_of(body).sources[2].limits[0].days == frozenset(numbers)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("time_zone",), "Mars/Base", "time_zone: is no time zone of IANA's list"),
        (("site_limit_kw",), -1, "site_limit_kw: must be from 0 to 100000"),
        (("site_limit_kw",), "10", "site_limit_kw: must be a number"),
        (("site_limit_kw",), 1e7, "site_limit_kw: must be from 0 to 100000"),
        (("site_limit_kw",), float("nan"), "site_limit_kw: is too large a number"),
        (("supply_sources",), [], "supply_sources: must be a list that is not empty"),
        (("supply_sources", 1, "name"), "A", "supply_sources: two have the same name"),
        (
            ("supply_sources", 0, "contract", "kind"),
            "free",
            "supply_sources.0.contract.kind: must be spot, bands or flat",
        ),
        (
            ("supply_sources", 1, "contract", "F2"),
            None,
            "supply_sources.1.contract.F2: is missing",
        ),
        (
            ("supply_sources", 2, "limits", 0, "days"),
            "mo-fr",
            "supply_sources.2.limits.0.days: must be like mon-fri or sat,sun",
        ),
        (
            ("supply_sources", 2, "limits", 0, "from"),
            "25:00",
            "supply_sources.2.limits.0.from: must be a time of day (HH:MM)",
        ),
        (("battery", "efficiency"), 0, "battery.efficiency: must be more than 0"),
        (("battery", "soc_max"), 95, "battery.soc_max: must be from 0 to 1"),
        (("battery", "soc_start"), 1, "battery.soc_start: must lie between soc_min and soc_max"),
    ],
)
def test_what_is_wrong_is_named(path, value, reason):
    body = deepcopy(WHOLE)
    inner = body
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value

    with pytest.raises(InvalidSite) as refusal:
        site_of(body)

    assert refusal.value.text == reason
