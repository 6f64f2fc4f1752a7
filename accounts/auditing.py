"""Who asked for what: noted before it is carried out, answered after."""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import APIException

from accounts.models import AuditEntry, User
from accounts.permissions import SAFE
from cpms.kernel.logs import clean

LONGEST_PATH, LONGEST_SAID = 500, 8_000
UNSAID = {"csrfmiddlewaretoken"}


def note(request: HttpRequest, user: Any) -> None:
    """`request`, which the Router or the REST API let through, asks for a change."""
    if request.method in SAFE or not isinstance(user, User):
        return
    entry = AuditEntry.objects.create(
        user=user,
        email=user.email,
        at=timezone.now(),
        method=request.method or "",
        path=request.path[:LONGEST_PATH],
    )
    request.audit_entry = entry.pk  # type: ignore[attr-defined]


def note_answer(request: HttpRequest, response: HttpResponseBase) -> None:
    """What became of it, where it was noted."""
    if key := getattr(request, "audit_entry", None):
        said = _storable(_said_in(request, response))
        AuditEntry.objects.filter(pk=key).update(status=response.status_code, said=said)


def _said_in(request: HttpRequest, response: HttpResponseBase) -> Any:
    context = getattr(response, "renderer_context", None)
    if context is None:  # a page
        fields = {name: values for name, values in request.POST.lists() if name not in UNSAID}
        return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
    try:
        return context["request"].data
    except APIException:  # nobody can read it
        return {}


def _storable(said: Any) -> dict[str, Any]:
    """Fields without secrets, and with nothing that PostgreSQL cannot keep."""
    try:
        text = orjson.dumps(clean(said), default=str)
    except orjson.JSONEncodeError:
        return {}
    if b"\\u0000" in text:
        return {}
    if len(text) > LONGEST_SAID:
        return {"bytes": len(text)}
    fields = orjson.loads(text)
    return fields if isinstance(fields, dict) else {"body": fields}
