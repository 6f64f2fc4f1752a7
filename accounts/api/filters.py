"""What the list of users can be narrowed by; yes and no for every list."""

from typing import Any

import django_filters as filters

from accounts.enums import Role
from accounts.models import AuditEntry, User


class YesNo(filters.TypedChoiceFilter):  # type: ignore[misc]
    """`true` or `false`; anything else is refused, not taken as absent."""

    def __init__(self, **kwargs: Any) -> None:
        words = [("true", "true"), ("false", "false")]
        super().__init__(choices=words, coerce=lambda word: word == "true", **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs if value in ("", None) else super().filter(qs, value)


class UserFilter(filters.FilterSet):  # type: ignore[misc]
    email = filters.CharFilter(lookup_expr="iexact")
    role = filters.ChoiceFilter(choices=Role.choices)
    is_active = YesNo()

    class Meta:
        model = User
        fields: list[str] = []


class AuditFilter(filters.FilterSet):  # type: ignore[misc]
    email = filters.CharFilter(lookup_expr="iexact")
    path = filters.CharFilter(lookup_expr="icontains")
    date_from = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    date_to = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = AuditEntry
        fields: list[str] = []
