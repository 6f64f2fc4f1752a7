"""What everybody may see of a location that is published: a page and a badge, without log-in,
sessions or cookies. Both are as old as five seconds at most, and tell of no person and no car."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from booking.selectors import external_status
from cpms.portal.views.errors import too_many_requests
from stations.domain.opening_hours import in_words
from stations.enums import ChargeType
from stations.models import Location

FRESH_S = 5
MINUTE_S, MOST_A_MINUTE = 60, 240  # of one address
LONGEST_NAME = 32
CHARACTER_PX, MARGIN_PX = 7, 20

Answer = Callable[..., HttpResponse]


def for_everyone(view: Answer) -> Answer:
    """A view that many may ask often: limited for each address, kept for a moment by whoever is
    between."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if _asks_too_often(request.META.get("REMOTE_ADDR") or ""):
            answer = too_many_requests(request)
            answer["Retry-After"] = str(MINUTE_S)
            return answer
        answer = view(request, *args, **kwargs)
        answer["Cache-Control"] = f"public, max-age={FRESH_S}"
        return answer

    return require_safe(limited)


def _asks_too_often(address: str) -> bool:
    """Counted in Redis; without it everybody may."""
    key = f"public:{address}"
    cache.add(key, 0, MINUTE_S)
    with suppress(ValueError):  # it expired in between
        return bool(cache.incr(key) > MOST_A_MINUTE)
    return False


def _page(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    facts = {**_status(ocpi_id), "now": timezone.now()}
    return HttpResponse(render_to_string("public/location.html", facts))


def _badge(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    """An image for other sites: how many are free."""
    facts = _status(ocpi_id)
    said = _("%(free)d of %(total)d free") % facts
    name = str(facts["name"])
    name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    left, right = (CHARACTER_PX * len(text) + MARGIN_PX for text in (name, said))
    drawn = {
        "name": name, "said": said, "tone": "#0b6b3a" if facts["free"] else "#8a4b00",
        "left": left, "right": right, "width": left + right,
        "left_middle": left // 2, "right_middle": left + right // 2,
    }  # fmt: skip
    answer = HttpResponse(render_to_string("public/badge.svg", drawn), "image/svg+xml")
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


page = for_everyone(_page)
# The badge may stand in other sites' pages, also framed; nothing else of ours may.
badge = xframe_options_exempt(csp_replace({"frame-ancestors": ["*"]})(for_everyone(_badge)))


def links(location: Location) -> dict[str, str]:
    """The addresses of its page and badge, and what to paste into another site's page."""
    page_url, badge_url = (
        settings.PUBLIC_URL.rstrip("/") + reverse(name, args=[location.ocpi_id])
        for name in ("public-location", "public-badge")
    )
    facts = {"name": str(location), "page_url": page_url, "badge_url": badge_url}
    return {"page": page_url, "snippet": render_to_string("public/snippet.html", facts).strip()}


def _status(ocpi_id: str) -> dict[str, Any]:
    """What is told, kept for five seconds. Raises Http404 for what is not published."""
    key = f"public-location:{ocpi_id.encode().hex()}"
    facts: dict[str, Any] | None = cache.get(key)
    if facts is None:
        location = Location.objects.filter(ocpi_id=ocpi_id, publish=True).first()
        if location is None:
            raise Http404
        facts = _told(location, timezone.now())
        cache.set(key, facts, FRESH_S)
    kinds = [{**entry, "label": ChargeType(entry["type"]).label} for entry in facts["types"]]
    return {**facts, "types": kinds}


def _told(location: Location, now: datetime) -> dict[str, Any]:
    types = external_status(location, now)["types"]
    opening = location.opening_times or {}
    return {
        "ocpi_id": location.ocpi_id,
        "name": str(location),
        "address": location.address,
        "city": f"{location.postal_code} {location.city}".strip(),
        "zone": location.time_zone,
        "is_always_open": bool(opening.get("twentyfourseven")),
        "hours": in_words(opening.get("regular_hours", [])).splitlines(),
        "types": types,
        "free": sum(entry["available"] for entry in types),
        "total": sum(entry["total"] for entry in types),
    }
