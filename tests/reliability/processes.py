"""What beside a web process makes a deployment, and how tests wait for it."""

import asyncio
import subprocess
import time
from contextlib import ExitStack, contextmanager

import psycopg

from bench.servers import PYTHON, ROOT

PATIENCE_S = 150
CELERY = [PYTHON, "-m", "celery", "-A", "cpms.celery"]
WORKER = [*CELERY, "worker", "--pool", "threads", "--concurrency", "4", "-l", "ERROR"]
POLLER = [PYTHON, "manage.py", "poll_batteries"]


@contextmanager
def running(lab, *commands):
    """Processes that say what goes wrong in the servers' log."""
    with ExitStack() as all_of_them:
        log = all_of_them.enter_context((lab.directory / "server.log").open("ab"))
        for command in commands:
            child = subprocess.Popen(command, cwd=ROOT, env=lab.environment, stdout=log, stderr=log)
            all_of_them.callback(child.wait)
            all_of_them.callback(child.kill)
        yield


def beat(schedule):
    return [*CELERY, "beat", "-s", str(schedule), "--pidfile", "", "-l", "ERROR"]


def asked(lab, query, *parameters):
    """The first column of the answer."""
    with psycopg.connect(lab.environment["DATABASE_URL"]) as connection:
        return [row[0] for row in connection.execute(query, parameters).fetchall()]


async def until(holds, within_s=PATIENCE_S):
    """Wait for what no message tells; returns the seconds that it took."""
    began = time.monotonic()
    while not await asyncio.to_thread(holds):
        assert time.monotonic() - began < within_s
        await asyncio.sleep(0.2)
    return time.monotonic() - began
