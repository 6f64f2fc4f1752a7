import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cpms.embedded.children import Child, pause_before_restart, stop_all

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
PARENT = """
import sys, time
from pathlib import Path
from cpms.embedded.children import Child
child = Child("child", [sys.executable, "-c", "import time; time.sleep(60)"], Path(sys.argv[1]))
child.start()
print(child.process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def child(tmp_path):
    made = Child("sleeper", SLEEPS, tmp_path / "sleeper.log")
    made.start()
    yield made
    made.kill()


def until(question):
    deadline = time.monotonic() + 20
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lives(pid):
    """Whether that process runs (a dead one nobody waited for yet does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("failures", "expected"), [(0, 0.5), (1, 0.5), (2, 1.0), (4, 4.0), (7, 30.0), (99, 30.0)]
)
def test_each_failure_in_a_row_doubles_the_pause(failures, expected):
    assert pause_before_restart(failures) == expected


def test_a_dead_child_is_started_again_after_its_pause(child):
    first = child.process.pid
    assert child.watch(0) is None

    os.kill(first, signal.SIGKILL)
    until(lambda: not child.is_running())
    now = child.started_at + 1
    ended, too_early, started = child.watch(now), child.watch(now + 0.4), child.watch(now + 0.6)

    assert ended == f"sleeper ended with -9, next start in 0.5 s (see {child.log})"
    assert (too_early, started) == (None, "sleeper started again")
    assert child.process.pid != first
    assert child.is_running()


def test_a_child_that_ran_for_long_is_not_punished_for_earlier_failures(child):
    child.failures = 5
    child.process.kill()
    until(lambda: not child.is_running())

    line = child.watch(child.started_at + 61)

    assert line == f"sleeper ended with -9, next start in 0.5 s (see {child.log})"


def test_all_end_even_the_deaf(child, tmp_path):
    deaf = Child("deaf", [sys.executable, "-c", DEAF], tmp_path / "deaf.log")
    deaf.start()
    until(lambda: "ready" in deaf.log.read_text())

    stop_all([deaf, child], within_s=0.5)

    assert (deaf.process.returncode, child.process.returncode) == (-9, -15)


def test_children_die_with_a_supervisor_that_is_killed(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        lived = lives(pid)
        parent.kill()

    until(lambda: not lives(pid))
    assert lived
