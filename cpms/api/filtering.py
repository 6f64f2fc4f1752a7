"""`?ordering=`: by what the view names, always total."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request


class Ordering(BaseFilterBackend):
    """The view's `orderings` map public names to columns that are never null; its `ordering` is
    the default. The paginator asks `get_ordering`; the primary key makes the order total."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        return queryset  # the paginator orders

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        names: dict[str, str] = getattr(view, "orderings", {})
        wanted = request.query_params.get("ordering")
        if not wanted:
            return tuple(getattr(view, "ordering", ("-pk",)))
        sign = "-" if wanted.startswith("-") else ""
        column = names.get(wanted.removeprefix("-"))
        if column is None:
            raise ValidationError({"ordering": [f"Must be one of: {', '.join(names)}."]})
        return f"{sign}{column}", f"{sign}pk"

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = getattr(view, "orderings", {})
        words = [f"{sign}{name}" for name in names for sign in ("", "-")]
        if not words:
            return []
        schema = {"type": "string", "enum": words}
        return [{"name": "ordering", "in": "query", "required": False, "schema": schema}]
