"""Pytest plugin: throw-away PostgreSQL and Redis for one run, before Django reads its settings.

With `DATABASE_URL`/`REDIS_URL` set, those servers are used instead: in databases named
`test_…` and under a key prefix of this run's own. `.env` is ignored either way.
"""

import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from cpms.embedded import addresses
from cpms.embedded.children import Child, stop_all
from cpms.embedded.engines import Postgres, Redis, remove_directories

OWNER = "CPMS_TEST_ENGINES"
_children: list[Child] = []
_directory: Path | None = None


def _start():
    global _directory
    os.environ[OWNER] = str(os.getpid())
    run = secrets.token_hex(4)
    os.environ["CPMS_KEY_PREFIX"] = f"test-{run}:"
    _directory = Path(tempfile.mkdtemp(prefix="cpms-test-"))
    os.environ["CPMS_DATA_DIR"] = str(_directory)
    (_directory / "static").mkdir()
    os.environ.setdefault("DJANGO_SECRET_KEY", f"test-{secrets.token_hex(16)}")
    if os.environ.get("DATABASE_URL"):
        os.environ["CPMS_TEST_DATABASE"] = f"test_cpms_{run}"
    else:
        _start_engine(Postgres(_directory, durable=False))
        os.environ["DATABASE_URL"] = addresses.database_url(_directory)
    if not os.environ.get("REDIS_URL"):
        _start_engine(Redis(_directory))
        os.environ["REDIS_URL"] = addresses.redis_url(_directory)


def _start_engine(engine):
    engine.prepare()
    log = _directory / f"{engine.name}.log"
    child = Child(engine.name, engine.command(), log, owner=engine.owner)
    child.stop_signal = engine.stop_signal
    child.start()
    _children.append(child)
    engine.wait_ready()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if os.environ.get(OWNER) != str(os.getpid()) or _directory is None:
        return
    sys.stdout.flush()
    stop_all(_children[::-1], within_s=5)
    remove_directories(_directory)
    shutil.rmtree(_directory, ignore_errors=True)


os.environ["CPMS_ENV_FILE"] = ""
if OWNER not in os.environ:  # a worker of pytest-xdist is served by the controller's engines
    _start()  # at import: pytest-django reads the settings before any hook of ours could run
elif worker := os.environ.get("PYTEST_XDIST_WORKER"):  # none clears what another counts
    os.environ["CPMS_KEY_PREFIX"] += f"{worker}:"
