"""Asking issuers about tokens in real time (2.2.1 §12.2.1.2); fills `booking.ports.Issuers`."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import F

from booking.domain.facts import IssuerAnswer, Whereabouts
from booking.ports import ANSWER_WITHIN_S, Inquiry, PartyKey
from ocpi import client, ports
from ocpi.client import Access, EgressFailed, EgressRefused, NoAccess, Reply
from ocpi.domain.lines import Lines
from ocpi.domain.urls import joined, with_query
from ocpi.enums import PartnerState
from ocpi.models import Partner
from ocpi.ports import Edition
from ocpi.selectors import is_hub, parties_of, unreachable_at
from ocpi.services.access import accesses_to

log = logging.getLogger(__name__)

MOST_PARTNERS = 16  # asked about a token that nobody told us of

_lines = Lines()


@dataclass(frozen=True, slots=True)
class Question:
    """A token and a place, put to one partner: all that is needed to ask, without a database."""

    partner_id: int
    partner: str
    edition: Edition
    accesses: tuple[Access, ...]
    endpoint: str
    sender: PartyKey
    parties: frozenset[PartyKey]
    receiver: PartyKey | None
    uid: str
    kind: str
    where: Whereabouts

    def __call__(self) -> IssuerAnswer | None:
        if not _lines.begin(self.partner_id):
            return None
        answer = None
        try:
            reply = self._reply()
            answer = self.edition.authorization_in(reply, self.uid, self.parties, self.where)
        except (EgressRefused, EgressFailed, NoAccess) as failure:
            log.warning(
                "issuer not reached", extra={"partner": self.partner, "reason": failure.text}
            )
        finally:
            _lines.end(self.partner_id, was_answered=answer is not None)
        return answer

    def _reply(self) -> Reply:
        sending = self.edition.authorize(self.uid, self.kind, self.where)
        return client.ask_with_any(
            self.accesses,
            sending.method,
            with_query(joined(self.endpoint, *sending.path), sending.query),
            body=sending.body,
            routing=client.routing_headers(self.sender, self.receiver),
            total_s=ANSWER_WITHIN_S,
        )


def inquiries(
    uid: str, kind: str, party: PartyKey | None, where: Whereabouts, now: datetime
) -> Sequence[Inquiry]:
    """One question to each connected partner that answers such questions; to that of `party`
    alone where the issuer is known."""
    partners = (
        Partner.objects.filter(state=PartnerState.CONNECTED)
        .prefetch_related("parties")
        .order_by(F("last_success_at").desc(nulls_last=True), "pk")
    )
    able = (partner for partner in partners if partner.endpoint("tokens", "SENDER"))
    questions = (_question(partner, uid, kind, party, where) for partner in able)
    return list(islice(filter(None, questions), MOST_PARTNERS))


def _question(
    partner: Partner, uid: str, kind: str, party: PartyKey | None, where: Whereabouts
) -> Question | None:
    """None: it is not the partner's token, or the partner is a hub that does not reach the issuer.
    A hub finds out itself whose token it is, where it is named nobody (§4.3.3)."""
    parties = parties_of(partner)
    reached = parties - unreachable_at(partner) if is_hub(partner) else parties
    if not reached or (party is not None and _upper(party) not in reached):
        return None
    return Question(
        partner_id=partner.pk,
        partner=partner.name,
        edition=ports.edition(partner.version),
        accesses=accesses_to(partner),
        endpoint=partner.endpoint("tokens", "SENDER") or "",
        sender=where.party,
        parties=frozenset(parties),
        receiver=party or (None if is_hub(partner) else min(reached)),
        uid=uid,
        kind=kind,
        where=where,
    )


def _upper(party: PartyKey) -> PartyKey:
    return party[0].upper(), party[1].upper()
