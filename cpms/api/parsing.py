"""JSON in: UTF-8, of bounded size, read as strictly as `cpms.kernel.documents` does."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from cpms.kernel.documents import Unreadable, read_json


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
            return read_json(body)
        except Unreadable as fault:
            raise ParseError(str(fault)) from fault
