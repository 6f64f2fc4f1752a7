"""Servers under measurement: engines of our own in a temporary directory, CPU by process."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

from cpms.embedded import addresses
from cpms.embedded.children import Child, stop_all
from cpms.embedded.engines import Postgres, Redis, remove_directories

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
PYTHON = sys.executable


class Lab:
    """PostgreSQL (durable), Redis, and the servers that are started on them."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="cpms-bench-"))
        self.engines: dict[str, Child] = {}
        self.environment = {
            **os.environ,
            "CPMS_ENV_FILE": "",
            "CPMS_DATA_DIR": str(self.directory),
            "DJANGO_SECRET_KEY": secrets.token_hex(20),
            "DATABASE_URL": addresses.database_url(self.directory),
            "REDIS_URL": addresses.redis_url(self.directory),
            "CPMS_DATABASE_POOL": "5",
            "CPMS_LOG_LEVEL": "ERROR",
            **self._bytecode(),
        }

    def _bytecode(self) -> dict[str, str]:
        """Where nobody may keep bytecode, keep it here: each process would compile all anew."""
        if not sys.dont_write_bytecode:
            return {}
        kept = {"PYTHONPYCACHEPREFIX": str(self.directory / "bytecode")}
        return {**kept, "PYTHONDONTWRITEBYTECODE": ""}

    def __enter__(self) -> Self:
        for engine in (Postgres(self.directory), Redis(self.directory)):
            engine.prepare()
            log = self.directory / f"{engine.name}.log"
            child = Child(engine.name, engine.command(), log, owner=engine.owner)
            child.stop_signal = engine.stop_signal
            child.start()
            engine.wait_ready()
            self.engines[engine.name] = child
        return self

    def __exit__(self, *_: object) -> None:
        stop_all(list(self.engines.values())[::-1], within_s=10)
        remove_directories(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)

    def manage(self, *arguments: str) -> str:
        """What the command printed."""
        command = [PYTHON, "manage.py", *arguments]
        done = subprocess.run(
            command, check=True, cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        return done.stdout

    def run(self, code: str) -> None:
        self.manage("shell", "-c", code)

    def serve(self, *command: str, port: int = 0) -> "Server":
        """Start a server; `port` 0 takes a free one."""
        return Server(self, list(command), port)

    def engine_cpu_s(self) -> float:
        return sum(
            tree_cpu_s(child.process.pid) for child in self.engines.values() if child.process
        )


class Server:
    """One server process on a port of its own; pinned to the first core where there are two."""

    def __init__(self, lab: Lab, command: list[str], port: int = 0) -> None:
        self.port = port or free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        environment = {**lab.environment, "CPMS_PORT": str(self.port)}
        command = [part.replace("{port}", str(self.port)) for part in command]
        with (lab.directory / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.1)
            else:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu_s(self) -> float:
        return process_cpu_s(self.process.pid)

    def memory_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def process_cpu_s(pid: int, *, with_dead_children: bool = False) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    if with_dead_children:
        ticks += int(fields[13]) + int(fields[14])
    return ticks / TICKS


def tree_cpu_s(pid: int) -> float:
    """A process with its children, alive and waited for."""
    total = process_cpu_s(pid, with_dead_children=True)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            total += process_cpu_s(int(child))
        except OSError:
            continue
    return total
