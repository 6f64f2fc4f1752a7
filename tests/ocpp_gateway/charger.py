"""A charging station for tests: raw OCPP-J over a real socket, nothing shared with the gateway."""

import asyncio
import base64
import itertools
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from importlib import resources

import jsonschema_rs
import websockets

PATIENCE_S = 15


@cache
def schema(name):
    """The 1.6 JSON schema of a message, formats included."""
    text = resources.files("ocpp.v16.schemas").joinpath(f"{name}.json").read_text("utf-8-sig")
    return jsonschema_rs.Draft4Validator(json.loads(text), validate_formats=True)


def assert_conforms(name, payload):
    """It is what the specification's schema says."""
    assert [fault.message for fault in schema(name).iter_errors(payload)] == []


def basic(identity, password):
    return {
        "Authorization": "Basic " + base64.b64encode(f"{identity}:{password}".encode()).decode()
    }


def at(instant=None):
    return (instant or datetime.now(UTC)).isoformat().replace("+00:00", "Z")


class Charger:
    """One socket; `call` is one request and its answer."""

    def __init__(self, socket):
        self.socket = socket
        self.asked = []
        self._ids = itertools.count(1)

    async def send(self, action, payload, message_id=None):
        message_id = message_id or f"m{next(self._ids)}"
        await self.socket.send(json.dumps([2, message_id, action, payload]))
        return message_id

    async def receive(self):
        text = await asyncio.wait_for(self.socket.recv(), PATIENCE_S)
        return json.loads(text)

    async def call(self, action, payload, message_id=None):
        """The whole answering frame; requests of the server that come meanwhile are kept."""
        wanted = await self.send(action, payload, message_id)
        while (frame := await self.receive())[0] == 2 or frame[1] != wanted:
            self.asked.append(frame)
        if frame[0] == 3:
            assert_conforms(f"{action}Response", frame[2])
        return frame

    async def ask(self, action, payload):
        """The answer's payload."""
        frame = await self.call(action, payload)
        assert frame[0] == 3, frame
        return frame[2]

    async def next_request(self):
        """What the server asks next."""
        while not self.asked:
            frame = await self.receive()
            if frame[0] == 2:
                self.asked.append(frame)
        frame = self.asked.pop(0)
        assert_conforms(frame[2], frame[3])
        return frame

    async def answer(self, frame, payload):
        await self.socket.send(json.dumps([3, frame[1], payload]))

    async def authorize(self, id_tag="04A1B2C3"):
        return (await self.ask("Authorize", {"idTag": id_tag}))["idTagInfo"]

    async def boot(self):
        return await self.ask(
            "BootNotification", {"chargePointVendor": "Vendor", "chargePointModel": "Model"}
        )

    async def status(self, number=1, status="Available", error_code="NoError"):
        payload = {"connectorId": number, "errorCode": error_code, "status": status}
        return await self.ask("StatusNotification", payload)

    async def start(self, id_tag="04A1B2C3", number=1, meter_start=0, started_at=None):
        payload = {
            "connectorId": number,
            "idTag": id_tag,
            "meterStart": meter_start,
            "timestamp": at(started_at),
        }
        return await self.ask("StartTransaction", payload)

    async def meter(self, transaction_id, wh, number=1, measured_at=None):
        value = {"timestamp": at(measured_at), "sampledValue": [{"value": str(wh), "unit": "Wh"}]}
        payload = {"connectorId": number, "meterValue": [value]}
        if transaction_id is not None:
            payload["transactionId"] = transaction_id
        return await self.ask("MeterValues", payload)

    async def stop(self, transaction_id, meter_stop, stopped_at=None, **more):
        payload = {"transactionId": transaction_id, "meterStop": meter_stop, **more}
        return await self.ask("StopTransaction", {**payload, "timestamp": at(stopped_at)})


@asynccontextmanager
async def connected(server, identity, password, subprotocols=("ocpp1.6",)):
    async with websockets.connect(
        f"{server.ws_url}/ocpp/{identity}",
        additional_headers=basic(identity, password),
        subprotocols=list(subprotocols),
        compression=None,
    ) as socket:
        yield Charger(socket)
