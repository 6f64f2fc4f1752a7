"""The last messages with each DSO, for people to read. A log that cannot be written is no reason
to fail."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError

from cpms.kernel.blotting import blots_of, blotted, loaded, readable, readable_url
from dso.models import DsoMessage

log = logging.getLogger(__name__)

OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as it is made or comes; bodies are JSON values or bytes."""

    dso_id: int
    at: datetime
    direction: str
    method: str
    action: str
    url: str
    request: Any = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def note(
    exchange: Exchange, *, ms: int, http: int | None = None, answer: Any = None, error: str = ""
) -> None:
    """Log it, outside of every transaction."""
    request, answered = loaded(exchange.request), loaded(answer)
    blots = blots_of(exchange.secrets, request, answered)
    try:
        DsoMessage.objects.create(
            dso_id=exchange.dso_id,
            at=exchange.at,
            direction=exchange.direction,
            method=exchange.method[:10],
            action=exchange.action[:64],
            url=readable_url(exchange.url, blots),
            http_status=http,
            is_fault=http not in OK,
            duration_ms=ms,
            request=readable(request, blots),
            answer=readable(answered, blots),
            error=blotted(error, blots)[:255],
        )
    except DatabaseError as fault:
        log.warning("exchange not logged", extra={"fault": str(fault)})
