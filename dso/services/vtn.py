"""A VTN of OpenADR 3 as we ask it: token, programs, events page by page, reports, subscriptions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.utils import timezone

from cpms.egress import Answer
from dso import client
from dso.client import LOCKED_OUT, Ask
from dso.domain.openadr.events import Event, Program, event_of, program_of
from dso.enums import WireVersion
from dso.errors import BadMessage, PeerFailed
from dso.models import Dso
from dso.services.access import sealed, secret_of

LASTS_UNSAID = timedelta(minutes=5)  # of an access token whose life is not said
EARLY = timedelta(seconds=30)
LONGEST_TOKEN = 8_192
PAGE, MOST_PAGES = 50, 40
NOT_FOUND = 404

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a VTN has for us at a moment. `faults`: what of it could not be read."""

    programs: dict[str, Program]
    events: list[tuple[Event, Json]]
    faults: list[str]


def read(dso: Dso) -> Snapshot:
    """Raises EgressRefused, EgressFailed, PeerFailed or NoAccess."""
    faults: list[str] = []
    programs = {}
    for raw in _every(dso, "programs", {}):
        try:
            program = program_of(raw)
        except BadMessage as refusal:
            faults.append(refusal.text)
        else:
            programs[program.program_id] = program
    found: list[tuple[Event, Json]] = []
    more = {"active": "true"} if dso.version == WireVersion.V310 else {}
    for raw in _every(dso, "events", more):
        try:
            found.append((event_of(raw), raw))
        except BadMessage as refusal:
            faults.append(f"event {raw.get('id')!s:.40}: {refusal.text}")
    return Snapshot(programs, found, faults)


def post(dso: Dso, what: str, body: Json, *, secrets: tuple[str, ...] = ()) -> Answer:
    return _asked(dso, Ask("POST", _url(dso, what), what, body=body, secrets=secrets))


def get(dso: Dso, what: str) -> Answer:
    return _asked(dso, Ask("GET", _url(dso, what), what.partition("/")[0]))


def remove(dso: Dso, what: str) -> Answer:
    return _asked(dso, Ask("DELETE", _url(dso, what), what.partition("/")[0]))


def _every(dso: Dso, what: str, query: Json) -> Iterator[Json]:
    """The objects of a list, page after page until one is short, or says nothing new."""
    seen: set[str] = set()
    for number in range(MOST_PAGES):
        asked = urlencode({**query, "skip": number * PAGE, "limit": PAGE})
        answer = client.taken(_asked(dso, Ask("GET", f"{_url(dso, what)}?{asked}", what)), what)
        page = client.json_in(answer, what)
        if not isinstance(page, list):
            raise PeerFailed(f"{what}: a list was expected.")
        fresh = [
            one for one in page
            if isinstance(one, dict) and f"{one.get('id')} {one.get('createdDateTime')}" not in seen
        ]  # fmt: skip
        seen.update(f"{one.get('id')} {one.get('createdDateTime')}" for one in fresh)
        yield from fresh
        if len(page) < PAGE or not fresh:
            return
    raise PeerFailed(f"{what}: there is no end to it.")


def _asked(dso: Dso, ask: Ask) -> Answer:
    """With our access token; where it opens nothing any more, once with a fresh one."""
    held = _access(dso)
    answer = client.send(dso, _with(ask, held))
    if answer.status in LOCKED_OUT:
        answer = client.send(dso, _with(ask, _fresh_access(dso)))
    return answer


def _with(ask: Ask, token: str) -> Ask:
    return Ask(ask.method, ask.url, ask.action, f"Bearer {token}", ask.body, secrets=ask.secrets)


def _access(dso: Dso) -> str:
    is_good = dso.access_until is not None and dso.access_until > timezone.now() + EARLY
    if dso.access_token and is_good:
        return secret_of(dso, dso.access_token)
    return _fresh_access(dso)


def _fresh_access(dso: Dso) -> str:
    """OAuth2 client credentials (RFC 6749 §4.4)."""
    secret = secret_of(dso, dso.secret)
    form = {"grant_type": "client_credentials", "client_id": dso.client_id, "client_secret": secret}
    if dso.scope:
        form["scope"] = dso.scope
    where = dso.token_url or _token_url(dso)
    hosts = {*dso.hosts, str(urlsplit(where).hostname or "").lower()}
    ask = Ask("POST", where, "token", form=urlencode(form).encode(), secrets=(secret,), hosts=hosts)
    body = client.json_in(client.taken(client.send(dso, ask), "token"), "token")
    token = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN or not token.isascii():
        raise PeerFailed("token: there is no access token in the answer.")
    dso.access_token, dso.access_until = sealed(dso, token), timezone.now() + _lasts(body)
    Dso.objects.filter(pk=dso.pk).update(
        access_token=dso.access_token, access_until=dso.access_until
    )
    return token


def _lasts(body: Json) -> timedelta:
    seconds = body.get("expires_in")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 1e6:  # noqa: PLR2004
        return timedelta(seconds=float(seconds))
    return LASTS_UNSAID


def _token_url(dso: Dso) -> str:
    """3.1 says where (GET /auth/server); 3.0 has one place for it, as has a 3.1 VTN that does not
    say."""
    usual = _url(dso, "auth/token")
    if dso.version == WireVersion.V301:
        return usual
    answer = client.send(dso, Ask("GET", _url(dso, "auth/server"), "auth"))
    if answer.status == NOT_FOUND:
        return usual
    body = client.json_in(client.taken(answer, "auth"), "auth")
    found = body.get("tokenURL") if isinstance(body, dict) else None
    return found if isinstance(found, str) and found else usual


def _url(dso: Dso, what: str) -> str:
    return f"{dso.base_url.rstrip('/')}/{what}"


def callback_url(dso_id: int) -> str:
    return f"{settings.PUBLIC_URL}/openadr/notifications/{dso_id}"
