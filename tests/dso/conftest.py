from datetime import UTC, datetime

import pytest
from django.urls import get_resolver

from dso.services import keeping
from tests.dso.vtn import Vtn
from tests.factories.energy import PriceListFactory, SupplySourceFactory

EAN = "871687120000000001"


@pytest.fixture
def base(live_server, settings):
    """Our address; requests to this machine are allowed."""
    settings.PUBLIC_URL = live_server.url
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    assert get_resolver().url_patterns  # read now: the first request shall not wait for it
    return live_server.url


@pytest.fixture
def now():
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def source(db):
    return SupplySourceFactory(connection_id=EAN)


@pytest.fixture(params=["3.0.1", "3.1.0"])
def vtn(request):
    with Vtn(request.param) as running:
        yield running


@pytest.fixture
def grid(base, vtn, source, now):
    """The VTN as a DSO of ours that speaks for the source and its prices."""
    fields = {"name": "Grid", "base_url": vtn.url, "version": vtn.version,
              "client_id": vtn.client_id, "ven_name": "NL-EMA", "scope": "read_all"}  # fmt: skip
    dso = keeping.add_vtn(fields=fields, secret=vtn.client_secret, now=now)
    keeping.link(dso=dso, source=source, price_list=PriceListFactory(), now=now)
    return dso
