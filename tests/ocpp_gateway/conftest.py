import asyncio
import socket
import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection

from booking.models import Token
from cpms.web import Server as WebServer
from cpms.web import configuration
from ocpi.domain.lines import Lines
from ocpi.services import inquiring, partners, results
from tests.factories.stations import EvseFactory, StationFactory
from tests.ocpi.emsp import Emsp


class Server:
    """The web process's application on a real port, in a thread with its own event loop."""

    def __init__(self):
        self._server = WebServer(configuration())
        self._server.install_signal_handlers = lambda: None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def __enter__(self):
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            assert time.monotonic() < until, "the server did not start in time"
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def server(transactional_db):
    with connection.cursor() as cursor:  # unmanaged tables are not emptied between tests
        cursor.execute("TRUNCATE booking_metersample, stations_ocppmessage")
    connection.close()
    with Server() as running:
        yield running


@pytest.fixture
def station(transactional_db):
    """CP001 with EVSEs 1 and 2; `station.password` opens the door."""
    made = StationFactory(identity="CP001")
    EvseFactory(station=made, location=made.location, number=1, uid="CP001-1")
    EvseFactory(station=made, location=made.location, number=2, uid="CP001-2")
    return made


@pytest.fixture
def driver(transactional_db):
    return Token.objects.create(uid="04A1B2C3")


@pytest.fixture
def roam(server, settings, monkeypatch):
    """Registers an eMSP over the server's own OCPI; nobody was silent before."""
    monkeypatch.setattr(inquiring, "_lines", Lines())
    monkeypatch.setattr(results, "_lines", Lines())
    settings.PUBLIC_URL = f"http://127.0.0.1:{server.port}"
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    running = []

    def registered(party="RMR"):
        peer = Emsp(party=party).__enter__()
        running.append(peer)
        invitation = partners.invite(name=party, party=("NL", party), now=datetime.now(UTC))
        assert peer.register(invitation)[1].codes == (200, 1000)
        return peer

    yield registered
    for peer in running:
        peer.__exit__()


@pytest.fixture
def emsp(roam):
    return roam()
