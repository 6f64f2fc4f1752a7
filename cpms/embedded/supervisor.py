"""One process that starts, watches and stops all the others."""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cpms.embedded.addresses import reachable
from cpms.embedded.children import Child, stop_all
from cpms.embedded.engines import CannotStart, Postgres, Redis
from cpms.embedded.plan import Plan

LOOK_EVERY_S = 0.2
LOG_LIMIT = 20_000_000
APPS_STOP_S = 7.0  # a web process drains for 4 s and gives requests 2 more
ENGINES_STOP_S = 2.5
WEB_READY_S = 60.0


class Supervisor:
    """Runs a `Plan` until SIGINT or SIGTERM. Raises CannotStart with one line."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.engines: list[Child] = []
        self.apps: list[Child] = []
        self.stopping = False
        self.began_at = time.monotonic()

    def run(self) -> None:
        lock = self._lock()
        for how in (signal.SIGINT, signal.SIGTERM):
            signal.signal(how, self._stop)
        self._check_settings()
        self._check_port()
        try:
            self._set_up()
            self._watch()
        finally:
            stop_all(self.apps[::-1], APPS_STOP_S)
            stop_all(self.engines[::-1], ENGINES_STOP_S)
            lock.close()
            say("stopped")

    def _lock(self) -> Any:
        try:
            self.plan.data_dir.mkdir(parents=True, exist_ok=True)
            file = (self.plan.data_dir / "supervisor.lock").open("w")
        except OSError as fault:
            raise CannotStart(
                f"CPMS_DATA_DIR {self.plan.data_dir} cannot be used: {fault.strerror}."
            ) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Already running in {self.plan.data_dir}: {self.plan.public_url} "
                "(another data dir: CPMS_DATA_DIR=…)"
            ) from None
        return file

    def _set_up(self) -> None:
        (self.plan.data_dir / "logs").mkdir(exist_ok=True)
        if self.plan.embeds_postgres:
            self._step("PostgreSQL", lambda: self._start_engine(Postgres(self.plan.data_dir)))
        if self.plan.embeds_redis:
            self._step("Redis", lambda: self._start_engine(Redis(self.plan.data_dir)))
        for title, arguments in self.plan.preparations:
            self._step(title, lambda arguments=arguments: self._manage(arguments))  # type: ignore[misc]
        for name, command in self.plan.web:
            self._start_app(name, command)
        self._step("Web", self._wait_for_web)
        for name, command in self.plan.others:
            self._start_app(name, command)
        if not self.stopping:
            self._announce()

    def _check_settings(self) -> None:
        """Before anything is started: a wrong variable is one line."""
        done = self._python("-c", "import cpms.settings")
        if done.returncode and not self.stopping:
            line = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise CannotStart(line.rpartition("ImproperlyConfigured: ")[2])

    def _python(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, **self.plan.environment},
            check=False,
            capture_output=True,
            text=True,
        )

    def _check_port(self) -> None:
        host, port = self.plan.host, self.plan.port
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as fault:
                wrong = "CPMS_HOST" if is_about_address(fault) else "CPMS_PORT"
                raise CannotStart(
                    f"CPMS_PORT {port} on CPMS_HOST {host} cannot be used ({fault.strerror}); "
                    f"set another {wrong}."
                ) from None

    def _step(self, title: str, work: Callable[[], None]) -> None:
        if self.stopping:
            return
        begun = time.monotonic()
        print(f"  {title:<28}", end="", flush=True)
        try:
            work()
        except BaseException:  # Ctrl-C too: the line that was begun ends, whatever ended the work
            say("failed")
            raise
        say(f"{time.monotonic() - begun:5.1f} s")

    def _start_engine(self, engine: Postgres | Redis) -> None:
        engine.prepare()
        log = self.plan.data_dir / "logs" / f"{engine.name}.log"
        child = Child(
            engine.name,
            engine.command(),
            log,
            stop_signal=signal.Signals(engine.stop_signal),
            owner=engine.owner,
        )
        child.start()
        self.engines.append(child)
        engine.wait_ready()

    def _start_app(self, name: str, command: list[str]) -> None:
        if self.stopping:
            return
        log = self.plan.data_dir / "logs" / f"{name}.log"
        child = Child(name, command, log, environment=self.plan.environment)
        child.start()
        self.apps.append(child)

    def _manage(self, arguments: list[str]) -> None:
        done = self._python("manage.py", *arguments)
        if done.returncode and not self.stopping:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
            raise CannotStart(f"manage.py {' '.join(arguments)} failed: {lines[-1]}")

    def _wait_for_web(self) -> None:
        until = time.monotonic() + WEB_READY_S
        url = f"http://{reachable(self.plan.host, self.plan.port)}/readyz"
        while not self.stopping:
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > until:
                    raise CannotStart(
                        f"The web process does not get ready; see {self.plan.data_dir}/logs."
                    ) from None
                self._look()
                time.sleep(0.1)

    def _announce(self) -> None:
        say(f"\n  Ready in {time.monotonic() - self.began_at:.1f} s: {self.plan.public_url}/")
        for line in self.plan.farewell:
            say(f"  {line}")
        say(f"  Logs: {self.plan.data_dir / 'logs'}   Stop: Ctrl-C\n")

    def _watch(self) -> None:
        while not self.stopping:
            self._look()
            time.sleep(LOOK_EVERY_S)

    def _look(self) -> None:
        now = time.monotonic()
        for child in [*self.engines, *self.apps]:
            if line := child.watch(now):
                say(line)
            keep_small(child.log)

    def _stop(self, number: int, frame: Any) -> None:
        self.stopping = True


def is_about_address(fault: OSError) -> bool:
    """Whether it is the host that nobody can listen at, not the port."""
    return isinstance(fault, socket.gaierror) or fault.errno == errno.EADDRNOTAVAIL


def keep_small(log: Path) -> None:
    """Keep the newest part of a log that grew over the limit (children append to it)."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.with_suffix(".log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)


def say(line: str) -> None:
    print(line, flush=True)
