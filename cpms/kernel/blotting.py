"""Bodies and URLs as a log keeps them: bounded, and without what opens a door."""

import base64
import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

BLOT = "•••"
SECRET_NAME = re.compile(
    r"(^|[_-])(token(_[abc])?|authorization|password|secret|api_?key)$", re.IGNORECASE
)
SECRET_IN_TEXT = re.compile(
    r'("[\w-]*(?:token|authorization|password|secret)"\s*:\s*")[^"]+', re.IGNORECASE
)
SECRET_IN_QUERY = re.compile(
    r"([?&][\w-]*(?:token|auth|password|secret|key)[\w-]*=)[^&#]+", re.IGNORECASE
)
SHORTEST_SECRET = 6  # a shorter text would be blotted out everywhere

MOST_ITEMS, LONGEST_STRING, LONGEST_BODY, LONGEST_URL = 20, 1_000, 16_000, 500
MOST_BYTES = 65_536  # of a body, that anything is made of
Json = Any


def blots_of(secrets: Iterable[str], *bodies: Json) -> frozenset[str]:
    """What must not be read: these secrets, and what bodies name as such, in any form."""
    named = [secret for body in bodies for secret in _secrets_in(body)]
    return frozenset(
        form
        for secret in {*secrets, *named}
        if len(secret) >= SHORTEST_SECRET
        for form in _forms_of(secret)
    )


def readable_url(url: str, blots: Collection[str]) -> str:
    return SECRET_IN_QUERY.sub(rf"\g<1>{BLOT}", blotted(url, blots))[:LONGEST_URL]


def readable(body: Json, blots: Collection[str]) -> str:
    """A body for people to read; empty for none."""
    if body is None:
        return ""
    if isinstance(body, str):
        text = SECRET_IN_TEXT.sub(rf"\g<1>{BLOT}", blotted(body, blots))
    else:
        text = json.dumps(_clean(body, blots), ensure_ascii=False, default=str)
    if len(text) <= LONGEST_BODY:
        return text
    return f"{text[:LONGEST_BODY]} … and {len(text) - LONGEST_BODY} more characters"


def loaded(body: Json) -> Json:
    """A body as a JSON value; as text where it is none."""
    if not isinstance(body, bytes):
        return body
    if len(body) <= MOST_BYTES:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            pass
    return body[:MOST_BYTES].decode(errors="replace")


def blotted(text: str, blots: Collection[str]) -> str:
    for blot in sorted(blots, key=len, reverse=True):
        text = text.replace(blot, BLOT)
    return text.replace("\0", "").encode(errors="replace").decode()


def first(items: list[Json]) -> list[Json]:
    """The first of a list, and how many more there were."""
    more = len(items) - MOST_ITEMS
    return items if more <= 0 else [*items[:MOST_ITEMS], and_more(more)]


def and_more(count: int) -> str:
    return f"… and {count} more"


def _clean(body: Json, blots: Collection[str]) -> Json:
    if isinstance(body, dict):
        return {
            blotted(str(name), blots): BLOT
            if isinstance(value, str) and SECRET_NAME.search(str(name))
            else _clean(value, blots)
            for name, value in body.items()
        }
    if isinstance(body, list):
        return [_clean(item, blots) for item in first(body)]
    if isinstance(body, str):
        return blotted(body, blots)[:LONGEST_STRING]
    return body


def _secrets_in(body: Json) -> Iterator[str]:
    """What stands under a name that says it is secret: the token of credentials, not that of a
    command, which is an object."""
    if isinstance(body, dict):
        for name, value in body.items():
            if isinstance(value, str) and SECRET_NAME.search(str(name)):
                yield value
            else:
                yield from _secrets_in(value)
    elif isinstance(body, list):
        for item in body:
            yield from _secrets_in(item)


def _forms_of(secret: str) -> Iterator[str]:
    yield secret
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
