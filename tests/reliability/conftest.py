import sys

import pytest

from bench.servers import Lab

MAKE = """
from django.core.management import call_command
from bench.seed import seed
call_command("migrate", verbosity=0)
seed(200, per_location=10)
"""
WEB = [sys.executable, "-m", "cpms.web"]


@pytest.fixture(scope="session")
def lab():
    """Engines of their own, durable, with 200 stations of `bench.seed`, ten at each location."""
    with Lab() as lab:
        lab.run(MAKE)
        yield lab


@pytest.fixture
def web(lab):
    """A web process."""
    with lab.serve(*WEB) as server:
        server.ws_url = server.url
        yield server
