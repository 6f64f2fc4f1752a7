"""Parties behind a hub: whom it reaches, and what that does."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.domain.facts import Whereabouts
from ocpi.models import ClientInfo, HubReading, Partner
from ocpi.services import partners
from ocpi.services.changes import spread_changes
from ocpi.services.hubs import clients_in, read_hubs
from ocpi.services.inquiring import inquiries
from ocpi.services.pushing import push_partner
from stations.schemas import faults_in
from tests.factories.ocpi import roaming_cdr
from tests.ocpi.emsp import Emsp, ok, refused

WHEN = "2026-06-01T12:00:00Z"


class Hub(Emsp):
    """Speaks for itself and for the eMSPs RMR and EVL."""

    @property
    def credentials(self):
        own = super().credentials
        role = own["roles"][0]
        roles = [
            {**role, "role": kind, "party_id": party}
            for kind, party in (("HUB", "HUB"), ("EMSP", "RMR"), ("EMSP", "EVL"))
        ]
        return {**own, "roles": roles}


@pytest.fixture
def hub(base):
    with Hub() as peer:
        peer.sends = ["tokens", "hubclientinfo"]
        peer.answers["GET", "hubclientinfo"] = ok([])
        invitation = partners.invite(name="Hub", now=datetime.now(UTC))
        assert peer.register(invitation)[1].codes == (200, 1000)
        yield peer


@pytest.fixture
def row(hub):
    return Partner.objects.get(name="Hub")


def client(party="RMR", status="CONNECTED", **more):
    return {
        "country_code": "NL",
        "party_id": party,
        "role": "EMSP",
        "status": status,
        "last_updated": WHEN,
        **more,
    }


def tell(hub, body, party=None):
    url = f"{hub.endpoints['hubclientinfo']}/nl/{party or body['party_id']}"
    return hub.ask("PUT", url, body)


def known():
    return [str(one) for one in ClientInfo.objects.order_by("party_id")]


def test_a_hub_tells_and_reads_back_whom_it_reaches(hub):
    first = tell(hub, client())
    second = tell(hub, client(status="OFFLINE", last_updated="2026-06-01T13:00:00Z"))
    older = tell(hub, client(status="PLANNED"))
    forgetful = tell(hub, client("EVL", last_updated=None))
    back = hub.ask("GET", f"{hub.endpoints['hubclientinfo']}/NL/rmr")
    unknown = hub.ask("GET", f"{hub.endpoints['hubclientinfo']}/NL/XXX")

    codes = [one.codes for one in (first, second, older, forgetful, unknown)]
    assert codes == [(201, 1000), (200, 1000), (200, 1000), (201, 1000), (404, 2001)]
    assert back.data == client(status="OFFLINE", last_updated="2026-06-01T13:00:00Z")
    assert faults_in("ClientInfo", back.data) == []
    assert known() == ["NL*EVL CONNECTED", "NL*RMR OFFLINE"]


@pytest.mark.parametrize(
    ("body", "party"),
    [
        (client(), "EVL"),
        (client(status="BUSY"), "RMR"),
        (client(role="BANK"), "RMR"),
        (client(last_updated="soon"), "RMR"),
        ([], "RMR"),
    ],
)
def test_what_makes_no_sense_is_refused(hub, body, party):
    assert tell(hub, body, party).codes == (200, 2001)
    assert known() == []


def test_the_module_is_for_hubs(hub, base, emsp):
    invitation = partners.invite(name="Plain", party=("NL", "PLN"), now=datetime.now(UTC))
    emsp.party = "PLN"
    endpoints, _ = emsp.register(invitation)

    assert "hubclientinfo" not in endpoints
    emsp.endpoints = {"hubclientinfo": hub.endpoints["hubclientinfo"]}
    assert tell(emsp, client()).codes == (404, 2001)


def test_a_hubs_list_is_read_when_due_and_replaces_what_was_known(hub, row):
    tell(hub, client("OLD"))
    pages = {
        "": ok([client(), {"party_id": "NO"}]),
        "?offset=2": ok([client("EVL", "SUSPENDED")]),
    }
    pages[""].headers["Link"] = f'<{hub.url}/emsp/hubclientinfo/more?offset=2>; rel="next"'
    hub.answers["GET", "hubclientinfo"] = lambda path, _: pages["?offset=2" if "?" in path else ""]

    read = [read_hubs(read=clients_in), read_hubs(read=clients_in)]
    later = datetime.now(UTC) + timedelta(hours=7)
    hub.answers["GET", "hubclientinfo"] = refused(500, 3000)
    failed = read_hubs(read=clients_in, clock=lambda: later)

    assert (read, failed) == ([1, 0], 0)
    assert known() == ["NL*EVL SUSPENDED", "NL*RMR CONNECTED"]
    assert HubReading.objects.get().last_error == "HTTP 500, 3000"


def test_whom_the_hub_does_not_reach_is_sent_nothing_until_it_is_back(hub, row):
    tell(hub, client(status="OFFLINE"))
    away, reached = roaming_cdr("RMR"), roaming_cdr("EVL")
    _push(row)
    before = _cdrs(hub)
    tell(hub, client(last_updated="2026-06-01T13:00:00Z"))
    _push(row)

    assert before == [("EVL", str(reached.pk))]
    assert _cdrs(hub) == [*before, ("RMR", str(away.pk))]
    assert Partner.objects.get(name="Hub").failures == 0


def test_an_issuer_that_is_not_reached_is_not_asked(hub, row):
    where = Whereabouts(party=("NL", "EMA"), location_id="L", evse_uids=("E",))
    now = datetime.now(UTC)

    def receivers(party):
        return [one.receiver for one in inquiries("04AA", "RFID", party, where, now)]

    assert receivers(("nl", "rmr")) == [("nl", "rmr")]
    tell(hub, client(status="OFFLINE"))
    assert (receivers(("nl", "rmr")), receivers(("NL", "EVL"))) == ([], [("NL", "EVL")])


def _push(row):
    now = datetime.now(UTC)
    spread_changes(now=now)
    push_partner(partner_id=row.pk, clock=lambda: now + timedelta(seconds=1))


def _cdrs(hub):
    """Whose they are by the routing headers, and which."""
    to = [
        headers["OCPI-to-party-id"]
        for method, path, headers in hub.requests
        if (method, path) == ("POST", "/emsp/cdrs")
    ]
    return list(zip(to, [b["id"] for _, path, b in hub.received if path == "cdrs"], strict=True))
