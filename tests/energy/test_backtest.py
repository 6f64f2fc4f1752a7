"""A replay on made-up days: what holds whatever the data, and the command."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.core.management import call_command

from energy.domain.backtest import Market, Optimiser, backtest
from energy.domain.series import course_of
from energy.domain.site import site_of
from tests.energy.sites import BATTERY, PLAIN, WHOLE

DAYS = 6
KEYS = {"cost_eur", "kwh_by_source", "peak_kw", "violations", "unserved_kwh"}


def price_file():
    begin = datetime(2025, 11, 3, tzinfo=UTC)
    rows = ["ts_utc,price_eur_mwh,solar"]
    for hour in range(DAYS * 24):
        price = 100 + 80 * np.sin(hour % 24 / 24 * 2 * np.pi) + hour % 5
        sun = max(np.sin((hour % 24 - 6) / 12 * np.pi), 0)
        rows.append(f"{(begin + timedelta(hours=hour)).isoformat()},{price:.2f},{sun:.3f}")
    return "\n".join(rows)


def session_file():
    rows = ["start,end,kwh"]
    for day in range(DAYS):
        for hour in (7, 9, 12, 17, 18, 19):
            begin = datetime(2025, 11, 3 + day, hour, 10 * day % 60)
            rows.append(f"{begin},{begin + timedelta(minutes=70)},{30 + hour + day}")
    return "\n".join(rows)


@pytest.fixture(scope="module")
def found():
    site = site_of(WHOLE)
    return backtest(site, course_of(site, price_file(), session_file()))


def test_every_policy_has_its_figures(found):
    policies = found["policies"]

    assert list(policies) == [
        "one_source", "merit_order", "threshold_rule", "optimiser", "perfect_foresight",
    ]  # fmt: skip
    assert policies["one_source"].keys() == KEYS | {"source"}
    assert all(one.keys() == KEYS for name, one in policies.items() if name != "one_source")
    assert found["cpu_ms_per_plan"].keys() == {"p50", "p95"}


def test_no_policy_beats_the_bound_and_none_breaks_a_limit(found):
    costs = {name: one["cost_eur"] for name, one in found["policies"].items()}

    assert min(costs, key=costs.get) == "perfect_foresight"
    assert costs["optimiser"] < costs["threshold_rule"] < costs["merit_order"] < costs["one_source"]
    assert 0.5 < found["captured_share"] <= 1
    assert all(one["violations"] == 0 for one in found["policies"].values())


def test_all_serve_the_same_load(found):
    served = [
        sum(one["kwh_by_source"].values()) + one["unserved_kwh"]
        for name, one in found["policies"].items()
        if name in {"one_source", "merit_order"}
    ]

    assert served[0] == pytest.approx(served[1], abs=1)


def test_what_comes_later_does_not_change_what_was_decided():
    site = site_of(WHOLE)
    course = course_of(site, price_file(), session_file())
    other = course_of(site, price_file(), session_file())
    half = len(course.at) // 2
    other.load[half:] = 0
    other.photovoltaics[half:] = 0
    other.spot[half + 192 :] += 0.3  # more than two days on

    one, two = (Optimiser(Market.of(site, each, 0)).run() for each in (course, other))

    assert one.charge[:half].tolist() == two.charge[:half].tolist()
    assert one.supply[:, :half].tolist() == two.supply[:, :half].tolist()


def test_where_peaks_are_charged_for_the_optimiser_shaves_them():
    sources = [
        {**one, "demand_charge_eur_kw_month": 4, "limits": []} for one in PLAIN["supply_sources"]
    ]
    site = site_of({**PLAIN, "supply_sources": sources, "battery": BATTERY})
    policies = backtest(site, course_of(site, price_file(), session_file()))["policies"]

    assert policies["optimiser"]["peak_kw"] < policies["merit_order"]["peak_kw"]
    assert policies["optimiser"]["cost_eur"] < policies["merit_order"]["cost_eur"]


@pytest.fixture
def files(tmp_path):
    for name, text in (
        ("site.json", json.dumps(WHOLE)),
        ("prices.csv", price_file()),
        ("sessions.csv", session_file()),
    ):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def ask(files, capsys):
    """The command's exit code, and what it printed."""

    def run(*more):
        code = 0
        paths = [str(files / name) for name in ("site.json", "prices.csv", "sessions.csv")]
        words = [paths[0], "--prices", paths[1], "--sessions", paths[2], *more]
        try:
            call_command("energy", "backtest", *words)
        except SystemExit as end:
            code = end.code
        return code, capsys.readouterr()

    return run


def test_the_command(ask):
    code, printed = ask("--from", "2025-11-05", "--to", "2025-11-07", "--json")

    assert code == 0, printed.err
    assert json.loads(printed.out)["policies"].keys() >= {"optimiser", "perfect_foresight"}
    assert "The optimiser earns" in ask("--to", "2025-11-04")[1].out


@pytest.mark.parametrize(
    ("name", "text", "more", "reason"),
    [
        ("site.json", "{", [], "is not JSON"),
        ("site.json", "{}", [], "supply_sources: is missing"),
        ("prices.csv", "a\n1\n", [], "line 2: no time in ts_utc"),
        ("site.json", json.dumps(WHOLE), ["--from", "2030-01-01"], "--from: the prices end before"),
        ("site.json", json.dumps(WHOLE), ["--to", "2020-01-01"], "--to: the prices begin after it"),
    ],
)
def test_the_command_refuses(ask, files, name, text, more, reason):
    (files / name).write_text(text)

    code, printed = ask(*more)

    assert code == 1
    assert reason in printed.err
    assert printed.out == ""
