"""Pages of a list (2.2.1 §4.1.6): `date_from`, `date_to`, `offset`, `limit`.

The order is that of creation and no object leaves a list while somebody turns its pages (it
has no end date unless the reader gives one), so a change meanwhile may show an object twice and
never hides one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet

from ocpi.domain.datetimes import parsed
from ocpi.errors import InvalidParameter
from ocpi.transport.envelope import TextAnswer, answer_with_texts

M = TypeVar("M", bound=Model)

MOST = 1000
LARGEST = 2**31


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader asked for. `asked` are its own parameters, as it wrote them."""

    date_from: datetime | None
    date_to: datetime | None
    offset: int
    limit: int
    asked: Mapping[str, str]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Page":
        """Raises InvalidParameter."""
        limit = _number(query, "limit", MOST)
        if limit == 0:
            raise InvalidParameter("limit: a whole number from 1")
        dates = {name: date_in(query, name) for name in ("date_from", "date_to")}
        asked = {name: value for name, value in query.items() if name not in ("offset", "limit")}
        return cls(**dates, offset=_number(query, "offset", 0), limit=min(limit, MOST), asked=asked)

    def link(self, url: str) -> str:
        """The URL of the next page, with every filter."""
        asked = {**self.asked, "offset": self.offset + self.limit, "limit": self.limit}
        return f"{url}?{urlencode(asked)}"


def page_of(
    queryset: QuerySet[M],
    page: Page,
    url: str,
    show: Callable[[QuerySet[M]], list[str]],
    changed: str,
) -> TextAnswer:
    """One page of what changed (by the column `changed`) in the asked period, as JSON texts.
    `url` is the list's own, absolute."""
    if page.date_from is not None:
        queryset = queryset.filter(**{f"{changed}__gte": page.date_from})
    if page.date_to is not None:
        queryset = queryset.filter(**{f"{changed}__lt": page.date_to})
    total = queryset.count()
    shown = show(queryset[page.offset : page.offset + page.limit]) if page.offset < total else []
    response = answer_with_texts(shown)
    response["X-Total-Count"] = str(total)
    response["X-Limit"] = str(page.limit)
    if page.offset + page.limit < total:
        response["Link"] = f'<{page.link(url)}>; rel="next"'
    return response


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(LARGEST)):
        raise InvalidParameter(f"{name}: a whole number")
    if int(text) > LARGEST:
        raise InvalidParameter(f"{name}: too large")
    return int(text)


def date_in(query: Mapping[str, str], name: str) -> datetime | None:
    """A DateTime among the parameters. Raises InvalidParameter."""
    text = query.get(name)
    if text is None:
        return None
    found = parsed(
        text.replace(" ", "+") if " " in text[10:] else text
    )  # `+` is a space in a query
    if found is None:
        raise InvalidParameter(f"{name}: an OCPI DateTime such as 2026-06-01T12:00:00Z")
    return found
