"""`make bench`: one table of ratios, medians of interleaved rounds; also JSON under var/bench/.

CPU is the primary figure: seconds of the server's process, and of PostgreSQL and Redis beside it.
`--quick` makes short rounds, `--rounds N` more of them.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import plans, sharing
from bench.pulling import pull
from bench.pushes import STATIONS, line_of
from bench.pushes import measure as measure_pushes
from bench.servers import PYTHON, ROOT, Lab, Server

UVICORN = [
    "-m", "uvicorn", "--ws", "websockets-sansio", "--loop", "uvloop", "--ws-max-size", "65536",
    "--ws-per-message-deflate", "false", "--log-level", "error", "--port", "{port}",
]  # fmt: skip
OURS = [PYTHON, "-m", "cpms.web"]
ECHO = [PYTHON, *UVICORN, "bench.yardsticks:echo"]
NAIVE = [PYTHON, "-m", "daphne", "-v", "0", "-p", "{port}", "bench.yardsticks:naive"]
PAGE_LIMIT = 3
PULL_LIMIT_S = 20
BATTERIES, BATTERY_PORT, BATTERY_ROUND_MS = 1000, 21_000, 1000
PUSH_LIMIT_S = 2.0
SEED = """
from bench.seed import seed
from bench.yardsticks import make_table
seed({stations})
make_table()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=int, default=5000, help="stations of the idle and the storm")
    parser.add_argument(
        "--only", choices=["roaming", "sharing", "plans", "batteries"], help="one section alone"
    )
    args = parser.parse_args()
    if args.only == "roaming":
        roaming()
        pushes()
        return
    if args.only == "sharing":
        sharing.report()
        return
    if args.only == "plans":
        plans.report()
        return
    if args.only == "batteries":
        batteries()
        return
    seconds = 2.0 if args.quick else 6.0
    rounds = 1 if args.quick else args.rounds
    with Lab() as lab:
        say("database and fleet")
        lab.manage("migrate", "--verbosity", "0")
        lab.run(SEED.format(stations=args.idle))
        figures = defaultdict(list)
        for number in range(1, rounds + 1):
            say(f"round {number} of {rounds}")
            one_round(lab, seconds, figures)
        say(f"{args.idle} idle stations, and the storm")
        idle_round(lab, args.idle, figures)
    report(figures)
    plans.report()


def roaming() -> None:
    """What partners' reading costs: EVSEs at one location, and at many."""
    with Lab() as lab:
        read_page(lab, stations=500, per_location=500, limit=1)
    with Lab() as lab:
        authorization = read_page(lab, stations=10_000, per_location=1, limit=500)
        with lab.serve(*OURS) as server:
            before = server.cpu_s(), lab.engine_cpu_s()
            count, seconds = pull(f"http://127.0.0.1:{server.port}", authorization)
            server_s, engines_s = server.cpu_s() - before[0], lab.engine_cpu_s() - before[1]
    print(
        f"{count} locations pulled whole: {seconds:.1f} s"
        f" (CPU: {server_s:.1f} s, PostgreSQL's {engines_s:.1f} s),"
        f" must be <= {PULL_LIMIT_S} s  {'held' if seconds <= PULL_LIMIT_S else 'MISSED'}"
    )


def read_page(lab: Lab, *, stations: int, per_location: int, limit: int) -> str:
    """Print what a page of 1,000 EVSEs costs. Returns a partner's `Authorization`."""
    say(f"database, and {stations // per_location} locations")
    lab.manage("migrate", "--verbosity", "0")
    lab.run(f"from bench.seed import seed; seed({stations}, {per_location})")
    authorization = asked(lab, "prepare()")
    figures = json.loads(asked(lab, f"measure({authorization!r}, {limit})"))
    ratio = figures["page ms"] / figures["encoding ms"]
    print(
        f"page of {figures['evses']} EVSEs at {limit} locations / its encoding: {ratio:.1f}"
        f" ({figures['page ms']:.0f} ms / {figures['encoding ms']:.1f} ms),"
        f" must be <= {PAGE_LIMIT}  {'held' if ratio <= PAGE_LIMIT else 'MISSED'}"
    )
    return authorization


def asked(lab: Lab, call: str) -> str:
    """What a function of `bench.roaming` printed last."""
    code = f"import bench.roaming; bench.roaming.{call}"
    return lab.manage("shell", "-c", code).strip().splitlines()[-1]


def pushes() -> None:
    """How soon a partner hears of a change, beside one that hangs."""
    with Lab() as lab:
        say("database, fleet and partners")
        lab.manage("migrate", "--verbosity", "0")
        lab.run(f"from bench.seed import seed\nseed({STATIONS}, per_location=10)")
        waits = measure_pushes(lab)
    print(line_of(waits, PUSH_LIMIT_S))


def batteries() -> None:
    """A round of the poller over 1,000 batteries on real Modbus TCP."""
    with Lab() as lab:
        say("database")
        lab.environment["CPMS_EGRESS_ALLOW"] = "127.0.0.0/8"
        lab.manage("migrate", "--verbosity", "0")
        lab.run(SEED.format(stations=1))
        say(f"{BATTERIES} batteries")
        command = [PYTHON, "manage.py", "simulate_site", "--port", str(BATTERY_PORT)]
        served = subprocess.Popen(
            [*command, "--batteries", str(BATTERIES)],
            cwd=ROOT, env=lab.environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            expect(served, "ready")
            measure_them = f"measure({BATTERY_PORT}, {BATTERIES})"
            said = lab.manage("shell", "-c", f"from bench.batteries import measure; {measure_them}")
        finally:
            served.terminate()
            served.wait(30)
    figures = json.loads(said.strip().splitlines()[-1])
    verdict = "held" if figures["round ms"] <= BATTERY_ROUND_MS else "MISSED"
    print(
        f"round of {figures['healthy']} batteries: {figures['round ms']:.0f} ms"
        f" ({figures['cpu ms']:.0f} ms of CPU), must be <= {BATTERY_ROUND_MS}  {verdict}"
    )


def one_round(lab: Lab, seconds: float, figures: dict[str, list[float]]) -> None:
    """All servers in turn: what the machine does to one, it does to the others."""
    for name, command, stations in (("echo", ECHO, 200), ("ours", OURS, 200), ("naive", NAIVE, 60)):
        with lab.serve(*command) as server:
            if name != "naive":
                measure(lab, server, f"{name} handshake", "handshake", 50, seconds, figures)
            measure(lab, server, f"{name} meter", "meter", stations, seconds, figures)
            if name == "ours":
                for kind in ("heartbeat", "status", "boot", "start-stop"):
                    measure(lab, server, kind, kind, 100, seconds, figures)


def measure(  # noqa: PLR0913, PLR0917 -- one measurement, all of it
    lab: Lab,
    server: Server,
    name: str,
    kind: str,
    stations: int,
    seconds: float,
    figures: dict[str, list[float]],
) -> None:
    command = [
        PYTHON, "-m", "bench.load", "--url", server.url, "--kind", kind, "--stations",
        str(stations), "--seconds", str(seconds),
    ]  # fmt: skip
    load = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    expect(load, "warm")
    server_before, engines_before = server.cpu_s(), lab.engine_cpu_s()
    expect(load, "done")
    server_cpu = server.cpu_s() - server_before
    engine_cpu = lab.engine_cpu_s() - engines_before
    result = result_of(load)
    figures[f"{name} server ms"].append(server_cpu * 1000 / result["acked"])
    figures[f"{name} all ms"].append((server_cpu + engine_cpu) * 1000 / result["acked"])
    figures[f"{name} per s"].append(result["acked"] / result["seconds"])
    figures[f"{name} p99 ms"].append(result["p99_ms"])


def idle_round(lab: Lab, stations: int, figures: dict[str, list[float]]) -> None:
    with lab.serve(*OURS) as server:
        figures["base MiB"].append(server.memory_kib() / 1024)
        before = server.memory_kib()
        command = [
            PYTHON, "-m", "bench.load", "--url", server.url, "--kind", "idle", "--stations",
            str(stations),
        ]  # fmt: skip
        load = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        expect(load, "warm")
        figures["idle KiB"].append((server.memory_kib() - before) / stations)
        assert load.stdin is not None
        load.stdin.write("cut\n")
        load.stdin.flush()
        expect(load, "done")
        figures["storm s"].append(result_of(load)["back_after_s"])


def expect(load: "subprocess.Popen[str]", word: str) -> None:
    assert load.stdout is not None
    line = load.stdout.readline().strip()
    if line != word:
        raise SystemExit(f"the load ended early: {line!r}")


def result_of(load: "subprocess.Popen[str]") -> dict[str, Any]:
    assert load.stdout is not None
    result: dict[str, Any] = json.loads(load.stdout.readline())
    load.wait(30)
    return result


def report(figures: dict[str, list[float]]) -> None:
    """The table: figure, what it must reach, whether it does."""
    median = {name: statistics.median(values) for name, values in figures.items()}
    rows = [
        ("MeterValues, naive CPU / ours", median["naive meter server ms"] / median["ours meter server ms"], 50, ">="),
        ("MeterValues, echo CPU / ours", median["echo meter server ms"] / median["ours meter server ms"], 0.5, ">="),
        ("handshake, ours / bare echo", median["ours handshake server ms"] / median["echo handshake server ms"], 2, "<="),
        ("Heartbeat, CPU-ms in all", median["heartbeat all ms"], 0.1, "<="),
        ("StatusNotification, CPU-ms in all", median["status all ms"], 0.3, "<="),
        ("MeterValues stored, CPU-ms in all", median["ours meter all ms"], 0.3, "<="),
        ("BootNotification, CPU-ms in all", median["boot all ms"], 0.6, "<="),
        ("Start + Stop, CPU-ms in all", median["start-stop all ms"], 3, "<="),
        ("KiB per idle station", median["idle KiB"], 40, "<="),
        ("base memory of the web process, MiB", median["base MiB"], 200, "<="),
        ("all stations back after a cut, s", median["storm s"], 30, "<="),
    ]  # fmt: skip
    print(f"\n{'figure':44}{'measured':>12}{'must be':>12}")
    for name, value, limit, sign in rows:
        holds = value >= limit if sign == ">=" else value <= limit
        print(
            f"{name:44}{value:12.2f}{sign + ' ' + str(limit):>12}  {'held' if holds else 'MISSED'}"
        )
    print(
        f"\nMeterValues acknowledged per second: {median['ours meter per s']:.0f} (p99 {median['ours meter p99 ms']:.0f} ms)"
    )
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path: Path = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps({"medians": median, "rounds": figures}, indent=2))
    print(f"all figures: {path.relative_to(ROOT)}")


def say(text: str) -> None:
    print(f"  {text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
