"""What we compare with: an echo on the same server, and the gateway one would write at first.

The naive gateway runs on daphne, with Channels' stock consumer, the `ocpp` library as its
documentation shows it, one ORM save per sampled value.
"""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cpms.settings")

from django.core.asgi import get_asgi_application

django_app = get_asgi_application()

from channels.db import database_sync_to_async  # noqa: E402 -- app ready
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402 -- app ready
from django.db import connection, models  # noqa: E402 -- app ready
from ocpp.routing import on  # noqa: E402 -- app ready
from ocpp.v16 import ChargePoint, call_result  # noqa: E402 -- app ready


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Accepts anybody and answers each call with an empty result: the server's own cost."""
    if scope["type"] != "websocket":
        await lifespan(receive, send)
        return
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "ocpp1.6"})
    while (message := await receive())["type"] == "websocket.receive":
        message_id = message["text"].split(",", 2)[1]
        await send({"type": "websocket.send", "text": f"[3,{message_id},{{}}]"})


async def lifespan(receive: Any, send: Any) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


class Sample(models.Model):
    """One row per sampled value, as one would model it at first."""

    transaction = models.IntegerField()
    measured_at = models.DateTimeField()
    measurand = models.CharField(max_length=50)
    phase = models.CharField(max_length=10, blank=True)
    unit = models.CharField(max_length=10)
    value = models.DecimalField(max_digits=20, decimal_places=3)

    class Meta:
        app_label = "bench"
        db_table = "bench_sample"
        indexes = [models.Index(fields=["transaction", "measured_at"], name="bench_sample_when")]

    def __str__(self) -> str:
        return self.measurand


def make_table() -> None:
    with connection.schema_editor() as editor:
        if "bench_sample" not in connection.introspection.table_names():
            editor.create_model(Sample)


class NaiveStation(ChargePoint):  # type: ignore[misc]
    """The `ocpp` library's way."""

    @on("StartTransaction")
    async def start(self, **payload: Any) -> Any:
        return call_result.StartTransaction(transaction_id=1, id_tag_info={"status": "Accepted"})

    @on("MeterValues")
    async def meter_values(self, connector_id: int, meter_value: list[Any], **payload: Any) -> Any:
        await database_sync_to_async(self.store)(payload.get("transaction_id", 0), meter_value)
        return call_result.MeterValues()

    def store(self, transaction: int, meter_value: list[Any]) -> None:
        for value in meter_value:
            for sample in value["sampled_value"]:
                Sample.objects.create(
                    transaction=transaction,
                    measured_at=datetime.fromisoformat(value["timestamp"]).astimezone(UTC),
                    measurand=sample.get("measurand", ""),
                    phase=sample.get("phase", ""),
                    unit=sample.get("unit", ""),
                    value=sample["value"],
                )


class NaiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Channels' stock consumer."""

    async def connect(self) -> None:
        await self.accept("ocpp1.6")
        self.station = NaiveStation("naive", self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.station.route_message(text_data)

    async def recv(self) -> str:  # the library's connection interface
        await asyncio.Event().wait()
        return ""


naive = NaiveConsumer.as_asgi()
