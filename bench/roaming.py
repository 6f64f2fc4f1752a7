"""What partners' reading costs: a page of 1,000 EVSEs against the encoding of its JSON alone."""

import base64
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.test import Client
from rest_framework.renderers import JSONRenderer

from bench.pulling import PATH
from ocpi.enums import PartnerState, TokenKind
from ocpi.models import Partner
from ocpi.services.documents import draw_documents
from ocpi.services.partners import give_token


def prepare() -> None:
    """Draws documents, as workers do, and prints the `Authorization` of a partner."""
    draw_documents()
    partner = Partner.objects.create(name="Bench", state=PartnerState.CONNECTED, version="2.2.1")
    token = give_token(partner, TokenKind.ACCESS, datetime.now(UTC))
    print("Token " + base64.b64encode(token.encode()).decode())


def measure(authorization: str, limit: int, rounds: int = 5) -> None:
    """Prints the medians of interleaved rounds, in CPU-milliseconds of this process."""
    client = Client(SERVER_NAME="127.0.0.1", headers={"authorization": authorization})
    path = f"{PATH}?limit={limit}"
    body = client.get(path).json()
    pages, encodings = [], []
    for _ in range(rounds):
        pages.append(_cpu_ms(lambda: client.get(path)))
        encodings.append(_cpu_ms(lambda: JSONRenderer().render(body)))
    print(
        json.dumps(
            {
                "evses": sum(len(one["evses"]) for one in body["data"]),
                "page ms": statistics.median(pages),
                "encoding ms": statistics.median(encodings),
            }
        )
    )


def _cpu_ms(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000
