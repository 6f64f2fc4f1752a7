"""The OpenAPI document and its browsable form."""

from typing import Any

from csp.decorators import csp_update
from django.http import HttpResponse
from django.shortcuts import render
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.permissions import PUBLIC
from cpms.api.rendering import JsonRenderer

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details; `code` is stable.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"description": "What is wrong, by field.", "type": ["object", "array"]},
    },
}
REFUSED = {
    "description": "Refused",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class SchemaView(SpectacularJSONAPIView):
    """OpenAPI 3.1 as JSON."""

    rule = PUBLIC
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer]


class ForBrowsers(JsonRenderer):
    """Problems of a page are problem documents too."""

    media_type = "text/html"


class DocsView(APIView):
    """Swagger UI from our own static files."""

    rule = PUBLIC
    renderer_classes = [JsonRenderer, ForBrowsers]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return render(request, "api/docs.html")


# The icons in Swagger UI's own style sheet are data URLs.
docs = csp_update({"img-src": ["data:"]})(DocsView.as_view())


def without_optional_slash(endpoints: list[Any]) -> list[Any]:
    """Before generating: routes take a trailing slash, the document shows none."""
    return [(path.rstrip("/"), regex, method, view) for path, regex, method, view in endpoints]


def with_problems(
    result: dict[str, Any], generator: Any, request: Any, public: Any
) -> dict[str, Any]:
    """After generating: every operation may be refused, in one shape."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", REFUSED)
    return result
