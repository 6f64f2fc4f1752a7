"""What every page of the portal shows around its content."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from accounts.permissions import has_role
from alerts.selectors import count_waiting


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the sidebar."""

    name: str
    label: Any
    icon: str
    needs: Role = Role.VIEWER
    count: Callable[[datetime], int] | None = None  # what is said beside it, where it is not 0


GROUPS: list[tuple[Any, list[Entry]]] = [
    (
        _("Network"),
        [
            Entry("overview", _("Overview"), "layout-dashboard"),
            Entry("alerts", _("Needs attention"), "bell", count=count_waiting),
            Entry("locations", _("Locations"), "map-pin"),
            Entry("stations", _("Stations"), "plug"),
            Entry("sessions", _("Sessions"), "history"),
            Entry("reservations", _("Reservations"), "bookmark"),
            Entry("messages", _("OCPP messages"), "messages"),
            Entry("partners", _("Roaming partners"), "arrows-exchange"),
        ],
    ),
    (
        _("Energy"),
        [
            Entry("batteries", _("Batteries"), "power"),
            Entry("dsos", _("Grid operators"), "bolt"),
        ],
    ),
    (
        _("Commerce"),
        [
            Entry("tariffs", _("Tariffs"), "receipt-euro"),
            Entry("price-lists", _("Energy prices"), "chart-area-line"),
            Entry("tokens", _("Tokens"), "key"),
        ],
    ),
    (
        _("Administration"),
        [
            Entry("users", _("Users and roles"), "users", Role.ADMINISTRATOR),
            Entry("audit", _("Audit log"), "history", Role.ADMINISTRATOR),
            Entry("api-tokens", _("API tokens"), "settings"),
        ],
    ),
]


def context(request: HttpRequest) -> dict[str, Any]:
    """The template context of the shell."""
    return {
        "navigation": SimpleLazyObject(lambda: _groups(request)),
        "languages": settings.LANGUAGES,
        "can_operate": SimpleLazyObject(lambda: _may(request, Role.OPERATOR)),
        "can_configure": SimpleLazyObject(lambda: _may(request, Role.ADMINISTRATOR)),
    }


def _may(request: HttpRequest, role: Role) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated and has_role(user, role)


def _is_current(request: HttpRequest, url: str) -> bool:
    if request.resolver_match and request.resolver_match.url_name == "location":
        return False  # its own group, under the picker, says where one is
    return request.path == url or (url != "/" and request.path.startswith(url))


def _groups(request: HttpRequest) -> list[dict[str, Any]]:
    groups = []
    for label, entries in GROUPS:
        links = [
            {
                "label": entry.label,
                "icon": entry.icon,
                "url": (url := reverse(entry.name)),
                "is_current": _is_current(request, url),
                "is_counted": entry.count is not None,
                "count": entry.count(timezone.now()) if entry.count else 0,
            }
            for entry in entries
            if _may(request, entry.needs)
        ]
        if links:
            groups.append({"label": label, "links": links})
    return groups
