"""A central system of a few lines, to try stations against: no product code in it.

It checks every request and every answer against the official JSON schemas.
"""

import asyncio
import base64
import json
from collections import Counter
from functools import cache
from http import HTTPStatus
from itertools import count
from pathlib import Path

import ocpp
from jsonschema import Draft4Validator
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

SCHEMAS = Path(ocpp.__file__).parent / "v16" / "schemas"
NOW = "2026-01-01T00:00:00Z"
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}


@cache
def validator(name):
    return Draft4Validator(json.loads((SCHEMAS / f"{name}.json").read_text()))


class Csms:
    """`requests` are (identity, action, payload) in order of arrival; `message_ids` theirs;
    `faults` what broke a schema. `answers[action]` overrides an answer: a payload, or a function
    of the payload; an exception class closes the socket."""

    def __init__(self, keys):
        self.keys = keys
        self.requests, self.message_ids, self.faults = [], [], []
        self.dialled = Counter()
        self.sockets = {}
        self.answers = {}
        self._numbers, self._calls = count(1), count(1)
        self._waiting = {}
        self._news = asyncio.Condition()

    async def __aenter__(self):
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            subprotocols=["ocpp1.6"],
            process_request=self._admit,
            max_size=65_536,
            close_timeout=1,
        )
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/ocpp/{{identity}}"
        return self

    async def __aexit__(self, *_):
        self._server.close(close_connections=True)
        await self._server.wait_closed()

    def actions(self, identity=None):
        return [action for who, action, _ in self.requests if identity in (None, who)]

    def payloads(self, action):
        return [payload for _, each, payload in self.requests if each == action]

    async def until(self, holds, timeout_s=10):
        """Wait until `holds()`, looked at after every message."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(holds)

    async def call(self, identity, action, payload):
        """Ask a station; returns the frame that it answers with."""
        message_id = f"csms-{next(self._calls)}"
        answer = self._waiting[message_id] = asyncio.get_running_loop().create_future()
        await self.sockets[identity].send(json.dumps([2, message_id, action, payload]))
        frame = await asyncio.wait_for(answer, 5)
        if frame[0] == 3:
            self._check(f"{action}Response", frame[2])
        return frame

    def _admit(self, connection, request):
        identity = request.path.rpartition("/")[2]
        self.dialled[identity] += 1
        if identity not in self.keys:
            return connection.respond(HTTPStatus.NOT_FOUND, "")
        expected = base64.b64encode(f"{identity}:{self.keys[identity]}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return connection.respond(HTTPStatus.UNAUTHORIZED, "")
        return None

    async def _serve(self, socket):
        identity = socket.request.path.rpartition("/")[2]
        self.sockets[identity] = socket
        try:
            async for text in socket:
                await self._receive(socket, identity, text)
                async with self._news:
                    self._news.notify_all()
        except ConnectionClosed:
            return

    async def _receive(self, socket, identity, text):
        try:
            kind, message_id, *rest = json.loads(text)
            if kind != 2:
                self._waiting.pop(message_id).set_result([kind, message_id, *rest])
                return
            action, payload = rest
            checker = validator(action)
        except (ValueError, LookupError, TypeError, OSError, RecursionError):
            await socket.send('[4,"","ProtocolError","",{}]')
            return
        self._check(action, payload, checker)
        self.requests.append((identity, action, payload))
        self.message_ids.append(message_id)
        answer = self.answers.get(action, STANDARD.get(action, {}))
        if callable(answer):
            answer = answer(payload)
        if action == "StartTransaction" and "transactionId" not in answer:
            answer = answer | {"transactionId": next(self._numbers)}
        await socket.send(json.dumps([3, message_id, answer]))

    def _check(self, name, payload, checker=None):
        self.faults += [
            f"{name}: {fault.message}"
            for fault in (checker or validator(name)).iter_errors(payload)
        ]


STANDARD = {
    "BootNotification": {"status": "Accepted", "currentTime": NOW, "interval": 300},
    "Heartbeat": {"currentTime": NOW},
    "Authorize": ACCEPTED,
    "StartTransaction": ACCEPTED,
    "StopTransaction": ACCEPTED,
    "DataTransfer": {"status": "Accepted"},
}
