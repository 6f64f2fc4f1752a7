"""JSON as the contract wants it: numbers stay numbers, problems keep their content type."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z  # errors of lists are keyed by index


class JsonRenderer(BaseRenderer):
    """Compact UTF-8 JSON; Decimal as a JSON number."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=_encode, option=OPTIONS)


def _encode(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return str(value)
