"""The one way out: every HTTP request that the product makes to somebody else's URL, and where
it may open other connections (`reachable`).

URLs come from partners and are hostile until checked: only https (or what `CPMS_EGRESS_ALLOW`
names), only the hosts that the caller expects, only public addresses, resolved once and
connected to as checked; no redirects; bounded in time and size.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from cpms.kernel.errors import Invalid, Unavailable

CONNECT_S = 5.0
TOTAL_S = 10.0
MOST_BYTES = 1_048_576
DEFAULT_PORTS = {"https": 443, "http": 80}
FIRST_FREE_PORT = 1024
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
EMBEDDING_V4 = tuple(  # NAT64, 6to4 and Teredo lead to an IPv4 address of the sender's choice
    ipaddress.IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)  # fmt: skip


class EgressRefused(Invalid):
    """We will not connect to this URL. Nothing was sent."""

    code, message = "egress_refused", "This URL is not one that we connect to."


class EgressFailed(Unavailable):
    """The other side does not answer as it should. `was_sent`: it may have acted on the request
    all the same."""

    code, message = "egress_failed", "The other side does not answer."

    def __init__(self, message: str | None = None, *, was_sent: bool = False) -> None:
        super().__init__(message)
        self.was_sent = was_sent


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask. `hosts`: the host names that the URL may name; None: any public one."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    hosts: Collection[str] | None = None
    total_s: float = TOTAL_S


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was checked, with the address to connect to."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


Resolve = Callable[[str, int], list[str]]


def fetch(request: Request) -> Answer:
    """Send one request. Raises EgressRefused before anything is sent, EgressFailed after.
    Never call it inside a transaction."""
    target = checked(request.url, request.hosts)
    link = _connection(target)
    watchdog = threading.Timer(request.total_s, _cut, [link])
    watchdog.daemon = True
    watchdog.start()
    is_sent = False
    try:
        link.connect()
        is_sent = True
        link.request(request.method, target.path, request.body, dict(request.headers))
        with link.getresponse() as response:
            return _read(response)
    except (OSError, http.client.HTTPException) as fault:
        reason = f"{target.host} does not answer: {type(fault).__name__}."
        raise EgressFailed(reason, was_sent=is_sent) from fault
    finally:
        watchdog.cancel()
        link.close()


def checked(url: str, hosts: Collection[str] | None, resolve: Resolve | None = None) -> Target:
    """The URL with the address it stands for now. Raises EgressRefused; EgressFailed when its
    host has no address."""
    parts = _parts(url)
    host, port = str(parts.hostname).lower(), _port(parts)
    if hosts is not None and host not in hosts:
        raise EgressRefused("This host is not one of the partner's.")
    addresses = (resolve or _resolved)(host, port)
    allow = _allow_list(tuple(settings.EGRESS_ALLOW))
    is_allowed = allow.names(host) or all(allow.holds(address) for address in addresses)
    if not is_allowed:
        _require_public(parts.scheme, port, addresses)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, addresses[0])


def reachable(host: str, port: int, resolve: Resolve | None = None) -> str:
    """The address to connect to for a protocol without TLS, such as Modbus: only what
    `CPMS_EGRESS_ALLOW` names. Raises EgressRefused; EgressFailed when the host has no address."""
    addresses = (resolve or _resolved)(host, port)
    allow = _allow_list(tuple(settings.EGRESS_ALLOW))
    if not (allow.names(host.lower()) or all(allow.holds(address) for address in addresses)):
        raise EgressRefused(f"{host} is not one that CPMS_EGRESS_ALLOW lets us connect to.")
    return addresses[0]


def _parts(url: str) -> SplitResult:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise EgressRefused("A URL has printable ASCII characters only.")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 -- raises for a port that is none
    except ValueError as fault:
        raise EgressRefused("This is not a URL.") from fault
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise EgressRefused("Only https URLs are connected to.")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise EgressRefused("A URL names a host and a port, nothing else before its path.")
    return parts


def _port(parts: SplitResult) -> int:
    return DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port


def _require_public(scheme: str, port: int, addresses: Collection[str]) -> None:
    if scheme != "https":
        raise EgressRefused("Only https URLs are connected to.")
    if port != DEFAULT_PORTS[scheme] and port < FIRST_FREE_PORT:
        raise EgressRefused("This port belongs to another protocol.")
    if not all(is_public(address) for address in addresses):
        raise EgressRefused("This host has an address that is not public.")


def is_public(text: str) -> bool:
    """Whether an address is one that anybody on the Internet could be meant by."""
    address = _plain(text)
    if isinstance(address, ipaddress.IPv6Address) and any(
        address in network for network in EMBEDDING_V4
    ):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _plain(text: str) -> Address:
    """The address; an IPv4 one when it is only dressed as IPv6."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise EgressFailed(f"{host} has no address.") from fault
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class AllowList:
    """What the operator lets requests reach although it is private or without TLS."""

    hosts: frozenset[str]
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

    def names(self, host: str) -> bool:
        return host in self.hosts

    def holds(self, address: str) -> bool:
        plain = _plain(address)
        return any(plain in network for network in self.networks)


@cache
def _allow_list(entries: tuple[str, ...]) -> AllowList:
    hosts, networks = set(), []
    for entry in (text.strip().lower() for text in entries):
        try:
            networks.append(ipaddress.ip_network(entry, strict=False))
        except ValueError:
            hosts.add(entry)
    return AllowList(frozenset(hosts), tuple(networks))


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever the name means by now."""

    target: Target
    held: socket.socket | None = None  # http.client drops `sock` before the answer is read

    def connect(self) -> None:
        address = (self.target.address, self.target.port)
        self.held = self.sock = socket.create_connection(address, timeout=CONNECT_S)
        self.sock.settimeout(TOTAL_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.target.scheme == "https":
            plain = self.sock
            self.held = self.sock = _tls().wrap_socket(  # what is held can be cut while it shakes
                plain, server_hostname=self.target.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _connection(target: Target) -> _Pinned:
    link = _Pinned(target.host, target.port)
    link.target = target
    link.default_port = DEFAULT_PORTS[target.scheme]  # which the Host header leaves out
    return link


def _cut(link: _Pinned) -> None:
    """End a request that takes too long, whatever it is waiting for."""
    if link.held is not None:
        try:  # beneath TLS, which may be in use
            socket.socket.shutdown(link.held, socket.SHUT_RDWR)
        except OSError:
            return


def _read(response: http.client.HTTPResponse) -> Answer:
    body = response.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise EgressFailed("The answer is too large.", was_sent=True)
    headers = {name.lower(): value for name, value in response.getheaders()}
    if response.length:
        raise EgressFailed("The answer is not whole.", was_sent=True)
    return Answer(response.status, headers, body)
