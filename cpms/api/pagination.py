"""Cursor pagination: `{"results": [...], "next": URL or null}`, `?limit=` up to 1,000."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


class ByCursor(CursorPagination):
    """Stable while rows come and go; the order is the view's `ordering`, ending in the key."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 1_000
    ordering = "-pk"

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
