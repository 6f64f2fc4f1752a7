"""How the portal writes figures, times and icons. An unknown value is written, never 0."""

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _

from cpms.figures import day, figure, shortest
from stations.domain.opening_hours import DAYS, in_words
from stations.models import Evse, Location
from stations.portal.forms.words import STANDARDS
from stations.selectors import connector_power_w

register = template.Library()

SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}
WH_PER_KWH = 1000
DAY = re.compile("|".join(DAYS))
LEAST_FLOW_KW = 0.05
SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60}


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite; beside a word, never alone without a label."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        size,
        static("vendor/icons.svg"),
        name,
    )


@register.filter
def reported(value: Any) -> Any:
    """The value, or that nobody reported one."""
    return value or format_html('<span class="muted">{}</span>', _("not reported"))


@register.filter
def told(stored: str | None) -> str:
    """A sentence of ours that was stored, such as the last refusal, in the reader's language."""
    return gettext(stored) if stored else ""


@register.filter
def as_json(value: Any) -> str:
    """For a `data-json` attribute; the template escapes it."""
    return json.dumps(value)


@register.filter
def plugs(evse: Evse) -> str:
    """Type 2 · 22 kW: what fits, and its strongest power (connectors should be prefetched)."""
    connectors = list(evse.connectors.all())
    names = dict.fromkeys(str(STANDARDS.get(plug.standard, plug.standard)) for plug in connectors)
    watts = max((connector_power_w(plug) for plug in connectors), default=0)
    return (
        f"{', '.join(names)} · {shortest(round(watts / 1000, 1))} kW" if watts else ", ".join(names)
    )


@register.filter
def opening_hours(location: Location) -> str:
    """Mon-Fri 08:00-20:00, Sat 10:00-18:00."""
    periods = (location.opening_times or {}).get("regular_hours", [])
    return weekdays(", ".join(in_words(periods).splitlines()))


@register.filter
def weekdays(hours: str) -> str:
    """Opening hours with the days as the reader calls them: Lun-Ven 08:00-20:00."""
    return DAY.sub(lambda found: str(WEEKDAYS_ABBR[DAYS.index(found[0])]).capitalize(), hours)


@register.filter
def kw(watts: int | None) -> str:
    return _("not reported") if watts is None else figure(watts / 1000, 1)


@register.filter
def kwh(watt_hours: int | None) -> str:
    """38.1 kWh; two decimals below one."""
    if watt_hours is None:
        return _("not reported")
    places = 2 if 0 < watt_hours < WH_PER_KWH else 1
    return f"{figure(watt_hours / WH_PER_KWH, places)} kWh"


@register.filter
def percent(share: float | None) -> str:
    """0.64 as 64 %."""
    return _("not reported") if share is None else f"{figure(share * 100)} %"


@register.filter
def flow(kilowatts: float | None) -> str:
    """What a battery does: discharges 12.3 kW, charges 4.0 kW, rests."""
    if kilowatts is None:
        return _("not reported")
    if abs(kilowatts) < LEAST_FLOW_KW:
        return _("rests")
    words = _("discharges %s kW") if kilowatts > 0 else _("charges %s kW")
    return words % figure(abs(kilowatts), 1)


@register.filter
def money(amount: Decimal | None, currency: str | None = "") -> str:
    """€1.23; the code where the currency has no symbol."""
    if amount is None:
        return _("no price")
    symbol = SYMBOLS.get(currency or "")
    words = _("%(symbol)s%(amount)s") if symbol else _("%(code)s %(amount)s")
    return (words % {"symbol": symbol, "code": currency or "", "amount": figure(amount, 2)}).strip()


@register.filter
def lasting(delta: timedelta | None) -> str:
    """2 h 05 min; seconds below one minute."""
    if delta is None:
        return _("not reported")
    seconds = max(int(delta.total_seconds()), 0)
    if seconds < SECONDS["minute"]:
        return f"{seconds} s"
    minutes = seconds // SECONDS["minute"]
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"


@register.simple_tag
def duration(start: datetime, end: datetime) -> str:
    return lasting(end - start)


@register.simple_tag
def when(
    instant: datetime | None,
    zone: str = "UTC",
    seconds: bool = False,  # noqa: FBT001, FBT002 -- a template's tag takes words
) -> str | SafeString:
    """14 Oct, 19:45 in the location's time zone; the tooltip gives UTC."""
    if instant is None:
        return cast("SafeString", reported(None))
    local = instant.astimezone(_zone(zone))
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        instant.isoformat(),
        f"{instant:%Y-%m-%d %H:%M:%S}",
        f"{day(local)}, {local:%H:%M:%S}" if seconds else f"{day(local)}, {local:%H:%M}",
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


@register.simple_tag
def ago(instant: datetime | None, now: datetime) -> str:
    """3 minutes ago."""
    if instant is None:
        return _("never")
    seconds = int((now - instant).total_seconds())
    for unit, length in SECONDS.items():
        if seconds >= length:
            return _words(unit, seconds // length)
    return _("just now")


def _words(unit: str, count: int) -> str:
    if unit == "day":
        return ngettext("%d day ago", "%d days ago", count) % count
    if unit == "hour":
        return ngettext("%d hour ago", "%d hours ago", count) % count
    return ngettext("%d minute ago", "%d minutes ago", count) % count


@register.simple_tag
def about(instant: datetime, now: datetime) -> str:
    """First free in about 12 min."""
    minutes = max(round((instant - now).total_seconds() / 60), 1)
    hours, rest = divmod(minutes, 60)
    if hours:
        return _("in about %(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": rest}
    return _("in about %d min") % minutes


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """The page's query string with some parameters changed (None removes one)."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"?{query.urlencode()}"
