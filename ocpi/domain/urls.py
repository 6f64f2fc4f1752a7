"""URLs of a partner: taken as they were advertised, joined with exactly one slash (§4.1)."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode, urlsplit


def joined(endpoint: str, *parts: str) -> str:
    """`endpoint/part/part`; without parts the endpoint as it is; a query string stays."""
    if not parts:
        return endpoint
    path, mark, query = endpoint.partition("?")
    tail = "/".join(quote(part, safe="") for part in parts)
    return f"{path.rstrip('/')}/{tail}{mark}{query}"


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """The URL with these parameters after those that it has."""
    if not parameters:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


def hosts_of(urls: Iterable[str]) -> frozenset[str]:
    """The host names that URLs name, in lower case; what is no URL names none."""
    return frozenset(host for url in urls if (host := _host(url)))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
