"""Locations as JSON texts (docs/adr/0017): what seldom changes is written once and kept; status,
tariffs and times are put in when somebody reads. Pure: rows in, texts out.

What is kept are JSON objects left open at their end, where the rest goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ocpi.domain.capabilities import capabilities
from stations.domain.static_fields import (
    LOCATION_LISTS,
    LOCATION_OBJECTS,
    LOCATION_TEXTS,
    connector_body,
    evse_body,
    location_body,
)

Row = Mapping[str, Any]

FORM = 1
"""Of the kept texts. Whoever changes what they say or how raises it: those of another form are
not read, and drawn up anew."""

LOCATION_FIELDS = (
    "ocpi_id", "publish", "charging_when_closed", "latitude", "longitude", "last_updated",
    *LOCATION_TEXTS, *LOCATION_LISTS, *LOCATION_OBJECTS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EvseText:
    """What is kept of an EVSE, and of its connectors with their primary keys."""

    text: str
    connector_ids: Sequence[int]
    connector_texts: Sequence[str]


def location_text(row: Row) -> str:
    return _opened(location_body(row, []), "last_updated")


def evse_text(row: Row, *, takes_profiles: bool | None) -> str:
    """`takes_profiles`: what the EVSE's station says of charging profiles."""
    able = capabilities(row["capabilities"], takes_profiles=takes_profiles)
    body = evse_body({**row, "capabilities": able}, [], is_connected=False)
    return _opened(body, "status", "connectors", "last_updated")


def connector_text(row: Row) -> str:
    return _opened(connector_body(row, []))


def location_json(text: str, evses: Sequence[str], last_updated: str) -> str:
    parts = f',"evses":[{",".join(evses)}]' if evses else ""
    return f'{text}{parts},"last_updated":"{last_updated}"}}'


def evse_json(text: str, status: str, connectors: Sequence[str], last_updated: str) -> str:
    return (
        f'{text},"status":"{status}","connectors":[{",".join(connectors)}]'
        f',"last_updated":"{last_updated}"}}'
    )


def connector_end(tariff_ids: Sequence[str]) -> str:
    """What completes the text of a connector."""
    return f',"tariff_ids":{written(tariff_ids)}}}' if tariff_ids else "}"


def written(value: Any) -> str:
    """JSON, as short as it can be."""
    return orjson.dumps(value).decode()


def _opened(body: Row, *left_out: str) -> str:
    """An object without these fields and without its last brace."""
    return written({name: value for name, value in body.items() if name not in left_out})[:-1]
