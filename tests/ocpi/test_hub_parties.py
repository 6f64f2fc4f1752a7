"""A hub names itself alone (2.2.1 §7.4.2); whom it speaks for, its ClientInfo says."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.domain.facts import Whereabouts
from booking.models import Token
from ocpi.models import ClientInfo, Partner, PartnerCommand, TokenPull
from ocpi.selectors import parties_of
from ocpi.services import partners
from ocpi.services.commands import Order
from ocpi.services.inquiring import inquiries
from ocpi.services.results import tell_results
from tests.factories.ocpi import roaming_cdr, roaming_session, token_body
from tests.factories.stations import ConnectorFactory
from tests.ocpi.emsp import Emsp
from tests.ocpi.test_hub_client_info import client, tell


class TrueHub(Emsp):
    @property
    def credentials(self):
        own = super().credentials
        return {**own, "roles": [{**own["roles"][0], "role": "HUB", "party_id": "HUB"}]}


@pytest.fixture
def hub(base):
    with TrueHub() as peer:
        peer.sends = ["tokens", "hubclientinfo"]
        now = datetime.now(UTC)
        invitation = partners.invite(name="Hub", party=("NL", "HUB"), role="HUB", now=now)
        assert peer.register(invitation)[1].codes == (200, 1000)
        for party in ("RMR", "EVL"):
            assert tell(peer, client(party)).codes == (201, 1000)
        yield peer


def via(party):
    return {"OCPI-from-country-code": "NL", "OCPI-from-party-id": party}


def row():
    return Partner.objects.get(name="Hub")


def test_it_speaks_for_those_behind_it_that_are_nobody_elses(hub):
    direct = Partner.objects.create(name="Direct")
    partners.add_party(direct, ("NL", "OWN"), "EMSP")
    other = Partner.objects.create(name="Other hub")
    partners.add_party(other, ("DE", "HUB"), "HUB")
    for key, role, at in (
        ("OWN", "EMSP", "Hub"), ("CPO", "CPO", "Hub"), ("RMR", "EMSP", "Other hub"),
        ("NEW", "EMSP", "Other hub"),
    ):  # fmt: skip
        where = Partner.objects.get(name=at)
        ClientInfo.objects.create(
            hub=where, country_code="NL", party_id=key, role=role, status="CONNECTED"
        )

    assert parties_of(row()) == {("NL", "HUB"), ("NL", "RMR"), ("NL", "EVL")}
    assert parties_of(other) == {("DE", "HUB"), ("NL", "NEW")}
    assert parties_of(direct) == {("NL", "OWN")}


def test_who_asks_through_it_sees_its_own_alone(hub):
    mine, theirs = roaming_session("RMR"), roaming_session("EVL")
    bill = roaming_cdr("EVL")

    def seen(module, party):
        return {one["id"] for one in hub.ask("GET", hub.endpoints[module], **via(party)).data}

    assert (seen("sessions", "RMR"), seen("cdrs", "RMR")) == ({str(mine.pk)}, set())
    assert seen("cdrs", "EVL") == {str(bill.pk)}
    assert str(mine.pk) not in seen("sessions", "EVL")
    url = f"{hub.endpoints['sessions']}/{theirs.pk}"
    assert hub.ask("GET", url, **via("RMR")).codes == (404, 2001)
    assert hub.ask("GET", url, **via("XXX")).codes == (200, 2001)


def test_tokens_and_commands_are_of_who_sends_them(hub):
    evse = ConnectorFactory().evse
    order = {"response_url": f"{hub.url}/emsp/results/1", "location_id": evse.location.ocpi_id}
    start = f"{hub.endpoints['commands']}/START_SESSION"

    stored = hub.ask("PUT", f"{hub.endpoints['tokens']}/NL/RMR/04AA", token_body(), **via("RMR"))
    another = hub.ask(
        "PUT", f"{hub.endpoints['tokens']}/NL/RMR/04BB", token_body("04BB"), **via("EVL")
    )
    foreign = hub.ask("POST", start, {**order, "token": token_body()}, **via("EVL"))

    assert (stored.codes, another.codes) == ((201, 1000), (404, 2001))
    assert foreign.codes == (200, 2001)
    assert list(Token.objects.values_list("uid", flat=True)) == ["04AA"]
    assert not PartnerCommand.objects.exists()


def test_a_result_goes_to_who_gave_the_command():
    partner = Partner(name="Hub")

    assert Order(partner, "http://x").sender == ("", "")
    partner.acting_for = ("NL", "RMR")
    assert Order(partner, "http://x").sender == ("NL", "RMR")


def test_a_hub_is_asked_about_tokens_of_those_behind_it(hub):
    where = Whereabouts(party=("NL", "EMA"), location_id="L", evse_uids=("E",))

    def receivers(party):
        now = datetime.now(UTC)
        return [one.receiver for one in inquiries("04AA", "RFID", party, where, now)]

    assert receivers(("NL", "RMR")) == [("NL", "RMR")]
    assert receivers(("NL", "XXX")) == []
    assert receivers(None) == [None]  # the hub finds out


def test_tokens_of_a_party_that_is_new_are_read(hub):
    TokenPull.objects.update(due_at=datetime(2099, 1, 1, tzinfo=UTC), whole_at=datetime.now(UTC))

    tell(hub, client("NEW"))

    pull = TokenPull.objects.get()
    assert (pull.due_at <= datetime.now(UTC), pull.whole_at) == (True, None)


def test_only_who_was_invited_as_a_hub_is_one(base):
    with TrueHub() as peer:
        invitation = partners.invite(name="P", party=("NL", "HUB"), now=datetime.now(UTC))
        _, answer = peer.register(invitation)

    assert answer.codes == (200, 2001)
    assert answer.body["status_message"] == "This invitation is not for a hub."


def test_the_result_of_a_command_names_who_gave_it(hub):
    now = datetime.now(UTC)
    for party in ("EVL", ""):
        PartnerCommand.objects.create(
            partner=row(), kind="CANCEL_RESERVATION", response_url=f"{hub.url}/emsp/results/{party}",
            sender_country_code="NL", sender_party_id="EMA", for_country_code=party and "NL",
            for_party_id=party, result="ACCEPTED", answer_by=now + timedelta(minutes=1), due_at=now,
        )  # fmt: skip

    assert tell_results() == 2

    told = {
        path: (headers["OCPI-to-country-code"], headers["OCPI-to-party-id"])
        for method, path, headers in hub.requests
        if path.startswith("/emsp/results/")
    }
    assert told == {"/emsp/results/EVL": ("NL", "EVL"), "/emsp/results/": ("NL", "HUB")}
