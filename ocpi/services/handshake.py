"""Registration with a partner, both ways round (2.2.1 §7.2).

As receiver we issue token A, learn token B from the partner's POST and answer token C; as
sender it is the other way about. In our columns: PartnerToken rows let the partner in,
`token_out` lets us in. Requests to the partner are made outside of every transaction.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from cpms.kernel import events
from ocpi import client, ports
from ocpi.client import Access, EgressFailed, EgressRefused
from ocpi.domain.credentials import digest_of, is_token
from ocpi.domain.urls import hosts_of
from ocpi.enums import PartnerState, Role, Step, TokenEncoding, TokenKind
from ocpi.errors import (
    AlreadyRegistered,
    InvalidParameter,
    MissingEndpoints,
    NotRegistered,
    PartyNotInvited,
    PeerUnusable,
    UnknownCredentials,
    UnsupportedVersion,
)
from ocpi.events import PartnerChanged
from ocpi.models import Partner, PartnerToken
from ocpi.selectors import hub_keys, our_parties
from ocpi.services.access import accesses_to, keep_token
from ocpi.services.partners import add_party, forget_access, give_token, versions_url
from ocpi.services.pulling import ask_for_pull
from ocpi.services.resync import owe_everything
from ocpi.services.steps import step
from stations.schemas import faults_in

Json = dict[str, Any]
MOST_ENDPOINTS = 100
OTHER_ENCODING_AFTER = frozenset({400, 401, 403})


@dataclass(frozen=True, slots=True)
class Peer:
    """What a partner's own API says of itself."""

    access: Access
    versions_url: str
    version: str
    endpoints: Mapping[str, str]


def credentials(token: str) -> Json:
    """Our Credentials object for a partner that lets itself in with `token`."""
    roles = [
        {
            "role": Role.CPO.value,
            "business_details": {"name": name[:100]},
            "party_id": party_id,
            "country_code": country_code,
        }
        for (country_code, party_id), name in our_parties()
    ]
    return {"token": token, "url": versions_url(), "roles": roles}


def register(*, row: PartnerToken, version: str, body: Any, now: datetime) -> Json:
    """A partner's first credentials (POST), in the version it was sent to: the answer holds token C. The invitation stays
    valid when this fails. Raises AlreadyRegistered, InvalidParameter, PartyNotInvited,
    PeerUnusable, UnsupportedVersion or MissingEndpoints."""
    if row.kind != TokenKind.INVITATION:
        raise AlreadyRegistered
    peer = _peer_of(row.partner, body, version)
    with transaction.atomic():
        partner = Partner.objects.select_for_update(no_key=True).get(pk=row.partner_id)
        if not partner.tokens.filter(pk=row.pk).exists():
            raise UnknownCredentials  # somebody registered with this invitation meanwhile
        token = give_token(partner, TokenKind.ACCESS, now)
        row.delete()
        _connect(partner, peer, body, now)
    return credentials(token)


def renew(*, row: PartnerToken, version: str, body: Any, now: datetime) -> Json:
    """A registered partner's new credentials (PUT), which may change the version: its versions and endpoints are read again
    even if they look the same. The old token lives on for a moment. Raises NotRegistered and
    what `register` raises."""
    if row.kind != TokenKind.ACCESS:
        raise NotRegistered
    peer = _peer_of(row.partner, body, version)
    with transaction.atomic():
        partner = Partner.objects.select_for_update(no_key=True).get(pk=row.partner_id)
        partner.tokens.filter(kind=TokenKind.ACCESS, valid_until=None).update(
            valid_until=now + settings.OCPI.token_grace
        )
        token = give_token(partner, TokenKind.ACCESS, now)
        _connect(partner, peer, body, now)
    return credentials(token)


@transaction.atomic
def unregister(*, row: PartnerToken) -> None:
    """The partner ends the relation (DELETE). Raises NotRegistered."""
    if row.kind != TokenKind.ACCESS:
        raise NotRegistered
    forget_access(row.partner)


def connect(*, partner: Partner, token_a: str, url: str, now: datetime) -> None:
    """Register at a partner that invited us with `token_a`. Raises PeerUnusable,
    UnsupportedVersion, MissingEndpoints, InvalidParameter or PartyNotInvited."""
    peer = _look_at(partner, token_a, url)
    where = peer.endpoints["credentials"]
    with transaction.atomic():  # the partner calls back while it answers us: token B is valid now
        token_b = give_token(partner, TokenKind.ACCESS, now)
    try:
        with step(Step.REGISTER):
            body = client.single(_asked(peer.access, "POST", where, credentials(token_b)))
        with step(Step.CREDENTIALS):
            _check(partner, body, peer.version)
        with step(Step.VERIFY):
            theirs = _look_at(partner, body["token"], body["url"], known=peer, among=[peer.version])
        with transaction.atomic():
            held = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
            held.tokens.filter(kind=TokenKind.INVITATION).delete()
            _connect(held, theirs, body, now)
    except Exception:  # whatever went wrong, bugs included, token B must open nothing
        digest = digest_of(token_b, settings.SECRET_KEY)
        PartnerToken.objects.filter(digest=digest).delete()
        raise


def rotate(*, partner: Partner, now: datetime) -> None:
    """Give a registered partner a new token (PUT at its credentials endpoint) and take its new
    one. Old and new are valid until it answers; then the old one for a moment longer. Raises
    NotRegistered or PeerUnusable."""
    where = partner.endpoints.get("credentials")
    access = next(iter(accesses_to(partner)), None)
    if partner.state != PartnerState.CONNECTED or not where or access is None:
        raise NotRegistered
    with transaction.atomic():
        before = list(partner.tokens.filter(kind=TokenKind.ACCESS, valid_until=None))
        token = give_token(partner, TokenKind.ACCESS, now)
    with step(Step.RENEW):
        body = client.single(_asked(access, "PUT", where, credentials(token)))
    with step(Step.CREDENTIALS):
        _check(partner, body, partner.version)
    with step(Step.VERIFY):
        peer = _look_at(partner, body["token"], body["url"], among=[partner.version])
    with transaction.atomic():
        held = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        held.tokens.filter(pk__in=[row.pk for row in before]).update(
            valid_until=now + settings.OCPI.token_grace
        )
        _connect(held, peer, body, now)


def _peer_of(partner: Partner, body: Any, version: str) -> Peer:
    """The API behind received credentials. Raises what `register` raises."""
    _check(partner, body, version)
    return _look_at(partner, body["token"], body["url"], among=[version])


def _check(partner: Partner, body: Any, version: str) -> None:
    """Refuse credentials that are malformed or claim a party that is not the partner's."""
    if faults := faults_in("Credentials", body, version):
        raise InvalidParameter("; ".join(faults))
    if not is_token(body["token"]):
        raise InvalidParameter("token: up to 64 printable characters without spaces")
    if not body["roles"]:
        raise InvalidParameter("roles: at least one is needed")
    allowed = {(row.country_code, row.party_id) for row in partner.parties.all()}
    claimed = {_key(role) for role in body["roles"]}
    if allowed and not claimed <= allowed:
        raise PartyNotInvited
    called = {_key(role) for role in body["roles"] if role["role"] == Role.HUB}
    if allowed and not called <= hub_keys(partner):
        raise PartyNotInvited("This invitation is not for a hub.")
    if claimed & {key for key, _ in our_parties()}:
        raise PartyNotInvited("A role names a party of ours.")


def _key(role: Mapping[str, str]) -> tuple[str, str]:
    return role["country_code"].upper(), role["party_id"].upper()


def _look_at(
    partner: Partner,
    token: str,
    url: str,
    *,
    known: Peer | None = None,
    among: Collection[str] = (),
) -> Peer:
    """Read a partner's versions and the details of the newest that we share (`among` these).
    Learns how it wants its token written. Raises PeerUnusable, UnsupportedVersion or
    MissingEndpoints."""
    encoding = known.access.encoding if known else TokenEncoding.BASE64.value
    access = Access(token, encoding, hosts_of([url]), partner.pk)
    with step(Step.VERSIONS):
        listed, access = _versions(access, url)
    with step(Step.VERSION):
        version, where = _newest_shared(listed, among)
    with step(Step.ENDPOINTS):
        access = replace(access, hosts=hosts_of([url, where]))
        endpoints = _endpoints(client.single(_asked(access, "GET", where)))
        if "credentials" not in endpoints:
            raise MissingEndpoints("There is no credentials endpoint among them.")
    access = replace(access, hosts=hosts_of([url, *endpoints.values()]))
    return Peer(access, url, version, endpoints)


def _newest_shared(listed: list[Any], among: Collection[str]) -> tuple[str, str]:
    """The newest version that both speak, with the URL of its details. Raises
    UnsupportedVersion."""
    shared = {
        str(entry["version"]): str(entry["url"])
        for entry in listed
        if isinstance(entry, dict) and {"version", "url"} <= entry.keys()
        and str(entry["version"]) in (among or ports.editions())
    }  # fmt: skip
    if not shared:
        raise UnsupportedVersion
    version = max(shared, key=ports.rank)
    return version, shared[version]


def _versions(access: Access, url: str) -> tuple[list[Any], Access]:
    """The list, and the encoding of the token that opened it: a peer that refuses one is tried
    with the other."""
    other = {TokenEncoding.BASE64: TokenEncoding.RAW, TokenEncoding.RAW: TokenEncoding.BASE64}
    last = ""
    for encoding in (access.encoding, other[TokenEncoding(access.encoding)].value):
        tried = replace(access, encoding=encoding)
        reply = _reply(tried, "GET", url)
        if reply.is_success and isinstance(reply.data, list):
            return reply.data, tried
        last = reply.summary
        if reply.http not in OTHER_ENCODING_AFTER:
            break
    raise PeerUnusable(f"The versions endpoint answered: {last}")


def _endpoints(details: Any) -> dict[str, str]:
    """`module:ROLE` → URL; `credentials` alone, because its role means nothing (§6.1.3)."""
    listed = details.get("endpoints") if isinstance(details, dict) else None
    if not isinstance(listed, list):
        raise PeerUnusable("The version details hold no list of endpoints.")
    found: dict[str, str] = {}
    for entry in listed[:MOST_ENDPOINTS]:
        if isinstance(entry, dict) and isinstance(entry.get("url"), str):
            name, role = str(entry.get("identifier", "")), str(entry.get("role") or "")
            found["credentials" if name == "credentials" else f"{name}:{role}"] = entry["url"]
    return found


def _asked(access: Access, method: str, url: str, body: Any = None) -> Any:
    """The data of a successful answer. Raises PeerUnusable."""
    reply = _reply(access, method, url, body)
    if not reply.is_success:
        raise PeerUnusable(f"{method} {url} answered: {reply.summary}")
    return reply.data


def _reply(access: Access, method: str, url: str, body: Any = None) -> client.Reply:
    try:
        return client.ask(access, method, url, body=body)
    except (EgressRefused, EgressFailed) as failure:
        raise PeerUnusable(f"{url}: {failure.text}") from failure


def _connect(partner: Partner, peer: Peer, body: Json, now: datetime) -> None:
    """Store what a finished handshake settled. Inside a transaction."""
    known = {(row.country_code, row.party_id, row.role): row for row in partner.parties.all()}
    for role in body["roles"]:
        key, details = _key(role), role["business_details"]
        if row := known.get((*key, role["role"])):
            row.business_details = details
            row.save(update_fields=["business_details"])
        else:
            add_party(partner, key, role["role"], details)
    is_other_version = bool(partner.version) and partner.version != peer.version
    keep_token(partner, peer.access.token)
    partner.token_encoding = peer.access.encoding
    partner.versions_url, partner.version = peer.versions_url, peer.version
    partner.endpoints = dict(peer.endpoints)
    partner.state = PartnerState.CONNECTED
    partner.connected_at = partner.connected_at or now
    partner.failures, partner.retry_at, partner.last_error = 0, None, ""
    partner.save()
    events.publish(PartnerChanged(partner.pk))
    owe_everything(partner=partner, now=now, only_unknown=not is_other_version)
    ask_for_pull(partner=partner, now=now, whole=True)
