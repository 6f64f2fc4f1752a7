"""`python -m cpms.embedded` as `make run` starts it: one instance from birth to death."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from bench.servers import free_port
from cpms.embedded import addresses
from cpms.embedded.engines import remove_directories
from cpms.embedded.supervisor import keep_small
from tests.embedded.test_children import lives

PATIENCE_S = 90
ENDED_WITHIN_S = 10
SIMULATORS = ("simulate_emsp", "simulate")
OWN = ("DATABASE_URL", "REDIS_URL", "CPMS_TEST_ENGINES", "DJANGO_SECRET_KEY", "CPMS_KEY_PREFIX")


class Instance:
    def __init__(self, data_dir):
        self.data_dir, self.port = data_dir, free_port()
        self.words = ["-m", "cpms.embedded"]
        inherited = {name: value for name, value in os.environ.items() if name not in OWN}
        self.environment = {
            **inherited,
            "CPMS_ENV_FILE": "",
            "CPMS_DATA_DIR": str(data_dir),
            "CPMS_PORT": str(self.port),
        }
        self.process = None

    def start(self):
        self.process = self._run(stdout=subprocess.PIPE, text=True, stderr=subprocess.STDOUT)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Stop: Ctrl-C" in line:
                break
        assert self.process.poll() is None, lines
        return "".join(lines)

    def start_in_vain(self, **changed):
        done = subprocess.run(
            [sys.executable, *self.words],
            env={**self.environment, **changed},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    def _run(self, **how):
        return subprocess.Popen([sys.executable, *self.words], env=self.environment, **how)

    def manage(self, *words):
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def children(self):
        """The supervisor's direct children: their pids by the word that tells them apart."""
        found = {}
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_text()
            marks = (
                "postgres",
                "redis-server",
                "cpms.web",
                "worker",
                "beat",
                "poll_batteries",
                *SIMULATORS,
            )
            for mark in marks:  # none in one that dies or is just being born
                if mark in words:
                    found[mark] = int(child)
                    break
        return found

    def end(self, how):
        """Its exit code. Raises TimeoutExpired when it is not gone in time."""
        self.process.send_signal(how)
        try:
            return self.process.wait(ENDED_WITHIN_S)
        finally:
            self.process.stdout.close()


@pytest.fixture
def instance(tmp_path):
    made = Instance(tmp_path / "data")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end(signal.SIGTERM)
    remove_directories(made.data_dir)


@pytest.mark.slow
def test_from_birth_to_death(instance):
    shown = instance.start()
    children = instance.children()

    steps = ("PostgreSQL", "Redis", "Database tables", "Web")
    assert [step for step in steps if step not in shown] == []
    assert f"http://127.0.0.1:{instance.port}/" in shown
    assert set(children) == {
        "postgres",
        "redis-server",
        "cpms.web",
        "worker",
        "beat",
        "poll_batteries",
    }

    code, said = instance.start_in_vain()
    where = f"{instance.data_dir}: http://127.0.0.1:{instance.port}"
    assert code == 1
    assert said == f"cpms: Already running in {where} (another data dir: CPMS_DATA_DIR=…)"

    until_ok(lambda: instance.manage("doctor"))

    for name in ("worker", "cpms.web", "redis-server", "postgres"):
        os.kill(children[name], signal.SIGKILL)
        eventually(
            lambda name=name: instance.children().get(name, children[name]) != children[name]
        )
    until_ok(lambda: instance.manage("doctor"))

    children = instance.children()
    assert instance.end(signal.SIGINT) == 0
    assert [name for name, pid in children.items() if lives(pid)] == []


@pytest.mark.slow
def test_a_killed_supervisor_takes_its_children_along_and_the_next_start_goes_on(instance):
    instance.start()
    with psycopg.connect(addresses.database_url(instance.data_dir)) as connection:
        connection.execute("CREATE TABLE kept (a int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    children = instance.children()

    instance.end(signal.SIGKILL)
    instance.start()

    eventually(lambda: not any(lives(pid) for pid in children.values()))
    with psycopg.connect(addresses.database_url(instance.data_dir)) as connection:
        assert connection.execute("SELECT a FROM kept").fetchall() == [(1,)]
    assert instance.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_the_demo_roams_with_its_emsp_and_all_of_it_ends(instance):
    instance.words.append("--demo")
    shown = instance.start()
    page = shown.partition("Simulated eMSP: ")[2].split()[0]

    until_ok(lambda: instance.manage("doctor"))
    eventually(lambda: roams(instance))
    eventually(lambda: "<h2>Sessions</h2><div" in fetched(page))
    children = instance.children()

    assert set(SIMULATORS) < set(children)
    assert instance.end(signal.SIGINT) == 0
    assert [name for name, pid in children.items() if lives(pid)] == []

    again = instance.start()
    eventually(lambda: roams(instance))
    assert "Simulated eMSP" in again


def roams(instance):
    """Whether the one partner is connected and owed nothing."""
    rows = json.loads(instance.manage("ocpi", "partners", "--json").stdout)
    return [(row["state"], row["owed"]) for row in rows] == [("connected", 0)]


def fetched(url):
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 -- the one we were told
        return answer.read().decode()


def test_a_port_in_use_is_said_in_one_line(instance):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        outcome = instance.start_in_vain(CPMS_PORT=str(port))

    why = "cannot be used (Address already in use); set another CPMS_PORT."
    assert outcome == (1, f"cpms: CPMS_PORT {port} on CPMS_HOST 127.0.0.1 {why}")


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])  # of nobody: RFC 5737, RFC 3849
def test_a_host_that_is_not_ours_is_said_in_one_line(instance, host):
    code, line = instance.start_in_vain(CPMS_HOST=host)

    assert code == 1
    assert line.startswith(f"cpms: CPMS_PORT {instance.port} on CPMS_HOST {host} cannot be used (")
    assert line.endswith("; set another CPMS_HOST.")


def test_a_data_dir_that_cannot_be_is_said_in_one_line(instance):
    outcome = instance.start_in_vain(CPMS_DATA_DIR="/proc/cpms")

    assert outcome == (
        1,
        "cpms: CPMS_DATA_DIR /proc/cpms cannot be used: No such file or directory.",
    )


def test_a_log_that_grew_over_the_limit_keeps_its_newest_part(tmp_path, monkeypatch):
    monkeypatch.setattr("cpms.embedded.supervisor.LOG_LIMIT", 10)
    log = tmp_path / "web.log"
    log.write_text("0123456789")
    keep_small(log)
    kept = log.read_text()
    log.write_text("0123456789a")

    keep_small(log)

    assert (kept, log.read_text()) == ("0123456789", "")
    assert (tmp_path / "web.log.1").read_text() == "0123456789a"


def eventually(question):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with suppress(OSError):
            if question():
                return
        assert time.monotonic() < deadline
        time.sleep(0.1)


def until_ok(run):
    """The last outcome says why not."""
    deadline = time.monotonic() + PATIENCE_S
    while (done := run()).returncode:
        assert time.monotonic() < deadline, done.stdout + done.stderr
        time.sleep(1)
