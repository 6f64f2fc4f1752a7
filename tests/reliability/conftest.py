import sys

import pytest

from bench.servers import Lab

WEB = [sys.executable, "-m", "cpms.web"]


@pytest.fixture(scope="session")
def lab():
    """Engines of their own, durable, with 200 stations of `bench.seed`, ten at each location."""
    with Lab() as lab:
        lab.manage("migrate", "--verbosity", "0")
        lab.run("from bench.seed import seed\nseed(200, per_location=10)")
        yield lab


@pytest.fixture
def web(lab):
    """A web process."""
    with lab.serve(*WEB) as server:
        server.ws_url = server.url
        yield server
