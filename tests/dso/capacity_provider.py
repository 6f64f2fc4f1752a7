"""`pyoscp` as a process of its own, with an interpreter that has it (`pyoscp_peer.py`)."""

import json
import socket
import subprocess
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv/peers/bin/python"
HOUR = timedelta(hours=1)


class Peer:
    """The process, started and cut off as often as a test likes; it remembers."""

    def __init__(self, directory):
        self.file = directory / "endpoints.json"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.told = []
        self.errors = (directory / "errors").open("w")

    def knows(self, endpoints):
        self.file.write_text(json.dumps(endpoints))
        return self

    def __enter__(self):
        program = [str(PYTHON), str(Path(__file__).parent / "pyoscp_peer.py")]
        self.process = subprocess.Popen(
            [*program, str(self.port), str(self.file)], text=True, env={"TZ": "UTC"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
        )  # fmt: skip
        assert self.process.stdout.readline(), "it did not start"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def do(self, do, **more):
        self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.told = answer["told"]
        return answer["result"]


def forecast(now, kw, hours=1, kind="CONSUMPTION", group="G1"):
    times = [(now + shift).strftime("%Y-%m-%dT%H:%M:%SZ") for shift in (timedelta(0), hours * HOUR)]
    block = {"capacity": kw, "phase": "ALL", "unit": "KW",
             "start_time": times[0], "end_time": times[1]}  # fmt: skip
    return {"group_id": group, "type": kind, "forecasted_blocks": [block]}


def overdue(peer):
    """What it knows, with its heartbeat due."""
    known = json.loads(peer.file.read_text())
    for endpoint in known.values():
        endpoint["next_heartbeat"] = "2026-01-01T00:00:00"
    return known
