"""A simulated eMSP in a thread of its own, for tests that are not asynchronous."""

import asyncio
import threading

from cpms.simulation.emsp.app import App
from cpms.simulation.emsp.server import Server

PATIENCE_S = 30


class Running:
    """`with Running(Emsp()) as emsp:` serves it; `do` runs a coroutine in its event loop.
    `leave` and `come_back`: nobody listens in between, at the same address."""

    def __init__(self, emsp):
        self.emsp = emsp
        self._loop = asyncio.new_event_loop()
        self._server = Server(App(emsp))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __getattr__(self, name):
        return getattr(self.emsp, name)

    def __enter__(self):
        self._thread.start()
        self.come_back()
        self.emsp.url = self._server.url
        return self

    def __exit__(self, *_):
        self.leave()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()
        if self.emsp.ledger is not None:
            self.emsp.ledger.close()

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def come_back(self):
        self.do(self._server.__aenter__())

    def leave(self):
        self.do(self._server.__aexit__())
