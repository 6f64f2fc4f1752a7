"""Cursor pagination: `{"results": [...], "next": URL or null}`, `?limit=` up to 1,000."""

from typing import Any

from django.core.exceptions import ValidationError as BadPosition
from django.db import DataError
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response


class InvalidCursor(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code, default_detail = "invalid_cursor", "This cursor is not one of ours."


class ByCursor(CursorPagination):
    """Stable while rows come and go; the order is the view's `ordering`, ending in the key."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 1_000
    ordering = "-pk"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self._check_limit(request)
        try:
            return super().paginate_queryset(queryset, request, view) or []
        except (BadPosition, ValueError, TypeError, DataError) as fault:
            if self.cursor_query_param not in request.query_params:
                raise
            raise InvalidCursor from fault

    def decode_cursor(self, request: Request) -> Any:
        try:
            cursor = super().decode_cursor(request)
        except APIException as fault:
            raise InvalidCursor from fault
        if cursor is not None and "\0" in str(cursor.position or ""):
            raise InvalidCursor
        return cursor

    def _check_limit(self, request: Request) -> None:
        limit = request.query_params.get(self.page_size_query_param, "1")
        if not (limit.isascii() and limit.isdecimal() and limit.strip("0")):
            raise ValidationError({"limit": ["Must be a whole number from 1."]})

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {"type": ["string", "null"], "format": "uri"},
            },
        }
