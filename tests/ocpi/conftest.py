from datetime import UTC, datetime

import pytest

from ocpi.models import Partner
from ocpi.services import partners
from tests.ocpi.emsp import Emsp


@pytest.fixture
def base(live_server, settings):
    """The CPO's address; requests to this machine are allowed."""
    settings.PUBLIC_URL = live_server.url
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    return live_server.url


@pytest.fixture
def emsp():
    with Emsp() as peer:
        yield peer


@pytest.fixture
def invitation(base):
    return partners.invite(name="Roamer", party=("NL", "RMR"), now=datetime.now(UTC))


@pytest.fixture
def endpoints(emsp, invitation):
    """The CPO's endpoints; the eMSP is registered."""
    found, answer = emsp.register(invitation)
    assert answer.codes == (200, 1000), answer.body
    return found


@pytest.fixture
def partner(endpoints):
    return Partner.objects.get(name="Roamer")
