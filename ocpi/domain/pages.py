"""Turning the pages of a partner's list (2.2.1 §4.1.6)."""

import re
from collections.abc import Mapping

from ocpi.domain.urls import with_query

NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel\s*=\s*"?next\b', re.IGNORECASE)


def next_page(headers: Mapping[str, str], first: str, seen: int, listed: int) -> str | None:
    """Where the list goes on: where its Link says, word for word; peers that forget the Link
    still say how many there are in all. `first` is the URL without an offset; `seen` objects were
    read so far, `listed` of them on this page. Header names are in lower case."""
    if link := NEXT.search(headers.get("link", "")):
        return link.group(1).strip()
    total = headers.get("x-total-count", "")
    if listed and total.isascii() and total.isdecimal() and int(total[:9]) > seen:
        return with_query(first, {"offset": str(seen)})
    return None
