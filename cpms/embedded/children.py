"""Child processes that die with us, are restarted when they fail, and end when told."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from cpms.embedded.engines import Owner, identity

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # a child that ran this long starts afresh
PR_SET_PDEATHSIG = 1


def pause_before_restart(failures: int) -> float:
    """Seconds to wait before the next start after so many failures in a row."""
    return min(FIRST_PAUSE_S * 2.0 ** max(failures - 1, 0), LONGEST_PAUSE_S)


def die_with_parent(how: signal.Signals) -> None:
    """Ask the kernel to signal this process when its parent is gone (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(how))


@dataclass(slots=True)
class Child:
    """One supervised process; its output goes to `log`."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    owner: Owner | None = None
    restart: bool = True
    process: "subprocess.Popen[bytes] | None" = None
    failures: int = 0
    started_at: float = 0.0
    next_start_at: float = 0.0

    def start(self) -> None:
        how = self.stop_signal
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C is ours to pass on
                preexec_fn=lambda: die_with_parent(how),
                cwd="/" if self.owner else None,
                **identity(self.owner),
            )
        self.started_at = time.monotonic()

    def watch(self, now: float) -> str | None:
        """Restart it when due; return a line to show when something happened."""
        if self.process is None:
            if now < self.next_start_at:
                return None
            self.start()
            return f"{self.name} started again"
        if self.process.poll() is None or not self.restart:
            return None
        self.failures = 1 if now - self.started_at > STEADY_S else self.failures + 1
        pause = pause_before_restart(self.failures)
        line = f"{self.name} ended with {self.process.returncode}, next start in {pause:g} s"
        self.process, self.next_start_at = None, now + pause
        return f"{line} (see {self.log})"

    def ask_to_stop(self) -> None:
        if self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, self.stop_signal)  # type: ignore[union-attr]

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


def stop_all(children: list[Child], within_s: float) -> None:
    """Ask all to stop, wait, then make them."""
    for child in children:
        child.ask_to_stop()
    until = time.monotonic() + within_s
    while any(child.is_running() for child in children) and time.monotonic() < until:
        time.sleep(0.02)
    for child in children:
        child.kill()
