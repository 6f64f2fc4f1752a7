"""URLs of a partner: taken as they were advertised, joined with exactly one slash (§4.1)."""

from collections.abc import Iterable
from urllib.parse import quote, urlsplit


def joined(endpoint: str, *parts: str) -> str:
    """`endpoint/part/part`; without parts the endpoint as it is; a query string stays."""
    if not parts:
        return endpoint
    path, mark, query = endpoint.partition("?")
    tail = "/".join(quote(part, safe="") for part in parts)
    return f"{path.rstrip('/')}/{tail}{mark}{query}"


def hosts_of(urls: Iterable[str]) -> frozenset[str]:
    """The host names that URLs name, in lower case; what is no URL names none."""
    return frozenset(host for url in urls if (host := _host(url)))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
