"""What every REST view asks of a request: who sends it, and what its body says."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import has_role

ANY_TEXT = r"[^/\0]+"  # in URLs: our names of things
ID_PATTERN = "[0-9]{1,18}"
UUID_PATTERN = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def who(request: Request) -> User:
    """The member of staff that asks (the rule let nobody else in)."""
    assert isinstance(request.user, User)
    return request.user


def require(role: Role, request: Request) -> None:
    """For what needs more than the route's rule. Raises PermissionDenied."""
    if not has_role(who(request), role):
        raise PermissionDenied


def valid(body: serializers.Serializer[Any]) -> dict[str, Any]:
    """The field values of a body, or a problem."""
    body.is_valid(raise_exception=True)
    fields: dict[str, Any] = body.validated_data
    return fields


def changed(row: Any, fields: dict[str, Any]) -> Any:
    """The row with these field values, not stored yet."""
    for name, value in fields.items():
        setattr(row, name, value)
    return row
