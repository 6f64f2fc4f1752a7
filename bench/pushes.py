"""How soon a partner hears of what happens at stations, beside one that hangs: from the answer to
the station, which it gets once all is committed, to the line in the partner's ledger."""

import asyncio
import itertools
import json
import statistics
import subprocess
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.load import Station, identity, now_text
from bench.servers import PYTHON, ROOT, Lab, free_port
from cpms.simulation import ledger as ledgers
from cpms.simulation.emsp.drivers import card

STATIONS, PAUSE_S, SECONDS = 20, 0.2, 30.0
WEB = [PYTHON, "-m", "cpms.web"]
WORKER = [PYTHON, "-m", "celery", "-A", "cpms.celery", "worker", "--pool", "threads", "-c", "4"]
PATIENCE_S = 60.0

Key = tuple[str, str, str]  # module; EVSE and status, where it is one


def measure(lab: Lab) -> list[float]:
    """The waits in seconds, in order."""
    lab.environment["CPMS_EGRESS_ALLOW"] = "127.0.0.0/8"
    with ExitStack() as running:
        running.enter_context(_process(lab, WORKER))
        server = running.enter_context(lab.serve(*WEB))
        steady = running.enter_context(_emsp(lab, server.port, "STE"))
        running.enter_context(_emsp(lab, server.port, "ZZH", hangs=True))  # its cards come second
        _until_told(steady)
        began = datetime.now(UTC)
        told = asyncio.run(_drive(server.url))
        time.sleep(2)
        lines = [line for line in ledgers.read(steady) if _at(line) >= began]
    return sorted(_waits(told, lines))


async def _drive(url: str) -> dict[Key, list[datetime]]:
    """Cars come, charge and go at the stations in turn. Returns when what was told."""
    told: dict[Key, list[datetime]] = defaultdict(list)
    fleet = [Station(url, number) for number in range(STATIONS)]
    await asyncio.gather(*(station.connect() for station in fleet))
    until = time.monotonic() + SECONDS
    for number, station in itertools.cycle(enumerate(fleet)):
        evse_uid = f"{identity(number)}-1"
        start = {"connectorId": 1, "idTag": card(1), "meterStart": 0, "timestamp": now_text()}
        await station.call("StatusNotification", _status("Charging"))
        told["locations", evse_uid, "CHARGING"].append(datetime.now(UTC))
        begun = await station.call("StartTransaction", start)
        told["sessions", "", ""].append(datetime.now(UTC))
        await asyncio.sleep(PAUSE_S)
        stop = {"transactionId": begun["transactionId"], "meterStop": 5, "timestamp": now_text()}
        await station.call("StopTransaction", stop)
        told["cdrs", "", ""].append(datetime.now(UTC))
        await station.call("StatusNotification", _status("Available"))
        told["locations", evse_uid, "AVAILABLE"].append(datetime.now(UTC))
        await asyncio.sleep(PAUSE_S)
        if time.monotonic() > until:
            break
    return told


def _status(status: str) -> dict[str, Any]:
    return {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": now_text()}


def _waits(told: dict[Key, list[datetime]], lines: list[dict[str, Any]]) -> Iterator[float]:
    """For each line the time since what it tells of: of a status the newest such one before, of
    sessions and bills, which come in order, the one whose turn it is."""
    turns = {module: iter(told[module, "", ""]) for module in ("sessions", "cdrs")}
    for line in lines:
        module, at = line["module"], _at(line)
        if module == "locations" and line["method"] == "PATCH":
            known = told[module, line["path"][-1], line["body"]["status"]]
            happened = max((one for one in known if one <= at), default=None)
        elif module in turns and line["verdict"] == "new":
            happened = next(turns[module], None)
        else:
            continue
        if happened is not None:
            yield (at - happened) / timedelta(seconds=1)


def _at(line: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(line["at"])


@contextmanager
def _process(lab: Lab, command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    with (lab.directory / "others.log").open("ab") as log:
        child = subprocess.Popen(
            command, cwd=ROOT, env=lab.environment, stdout=log, stderr=subprocess.PIPE, text=True
        )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


@contextmanager
def _emsp(lab: Lab, port: int, party: str, *, hangs: bool = False) -> Iterator[Path]:
    """A simulated eMSP, registered; the path of its ledger."""
    invited = json.loads(lab.manage("ocpi", "invite", party, "--country", "NL", "--party", party))
    own_port, path = free_port(), lab.directory / f"{party}.jsonl"
    command = [
        PYTHON, "manage.py", "simulate_emsp", "--name", party, "--party", party,
        "--port", str(own_port), "--ledger", str(path), "--token-a", invited["token_a"],
        "--versions-url", f"http://127.0.0.1:{port}/ocpi/versions",
    ]  # fmt: skip
    with _process(lab, command) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if line.rstrip().endswith("read"):  # it is settled in
                break
        if hangs:
            form = urllib.parse.urlencode({"mood": "hang"}).encode()
            urllib.request.urlopen(f"http://127.0.0.1:{own_port}/manners", form).close()
        yield path


def _until_told(path: Path) -> None:
    """Until the partner has what there was before."""
    until = time.monotonic() + PATIENCE_S
    while len([line for line in ledgers.read(path) if line["module"] == "locations"]) < 2:  # noqa: PLR2004 -- `seed`
        if time.monotonic() > until:
            raise SystemExit("the partner was not told of the locations")
        time.sleep(0.2)


def line_of(waits: list[float], limit_s: float) -> str:
    """The figures for people."""
    p99 = waits[len(waits) * 99 // 100]
    return (
        f"change → push beside a partner that hangs: median {statistics.median(waits):.2f} s,"
        f" p99 {p99:.2f} s of {len(waits)}, must be <= {limit_s:g} s"
        f"  {'held' if p99 <= limit_s else 'MISSED'}"
    )
