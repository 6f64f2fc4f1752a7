"""JSON in: UTF-8, of bounded size and depth, and nothing in it that PostgreSQL cannot store."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 32


class BodyTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code, default_detail = "body_too_large", "The body is too large."


class JsonParser(BaseParser):
    """Refuses what `json` lets through: NaN, lone surrogates, endless nesting, NUL."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        body = stream.read(most + 1)
        if len(body) > most:
            raise BodyTooLarge
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError as fault:
            raise ParseError(f"This is not JSON: {fault}.") from fault
        _check(parsed)
        return parsed


def _check(parsed: Any) -> None:
    """Refuse NUL in any text or name, and nesting that nothing of ours needs."""
    level = [parsed]
    for _ in range(DEEPEST):
        if any(isinstance(value, str) and "\0" in value for value in level):
            raise ParseError("A text holds a NUL character.")
        level = [inner for value in level for inner in _parts(value)]
        if not level:
            return
    raise ParseError("The JSON is nested too deeply.")


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []
