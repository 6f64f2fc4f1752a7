"""Partners as the operator keeps them: invited, suspended, let in again, removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DataError, IntegrityError, transaction

from cpms.kernel import events
from ocpi import client
from ocpi.client import EgressFailed, EgressRefused
from ocpi.domain.credentials import digest_of, new_token
from ocpi.enums import PartnerState, Role, TokenKind
from ocpi.errors import InvalidPolicy, PartnerExists, PartnerNotConnected, PartyTaken
from ocpi.events import PartnerChanged
from ocpi.models import OwedPush, Partner, PartnerToken, Party
from ocpi.services.access import accesses_to

INVITATION_LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the operator hands to the partner: the raw token A, shown once."""

    partner: Partner
    token_a: str
    versions_url: str
    expires_at: datetime


@transaction.atomic
def invite(
    *, name: str, now: datetime, party: tuple[str, str] | None = None, role: str = Role.EMSP
) -> Invitation:
    """A new partner with a token A. With `party` it may register as that party only; without,
    as one that no other partner has. A partner that left or never registered is invited again.
    Raises PartnerExists or PartyTaken."""
    partner = Partner.objects.select_for_update(no_key=True).filter(name=name).first()
    if partner is None:
        partner = Partner.objects.create(name=name, created_at=now)
    elif partner.state not in (PartnerState.INVITED, PartnerState.GONE):
        raise PartnerExists(name=name)
    Partner.objects.filter(pk=partner.pk).update(state=PartnerState.INVITED)
    partner.tokens.all().delete()
    if party is not None:
        partner.parties.all().delete()
        add_party(partner, (party[0].upper(), party[1].upper()), role)
    token = give_token(partner, TokenKind.INVITATION, now, lasts=INVITATION_LASTS)
    events.publish(PartnerChanged(partner.pk))
    return Invitation(partner, token, versions_url(), now + INVITATION_LASTS)


def add_party(
    partner: Partner, key: tuple[str, str], role: str, business_details: object = None
) -> None:
    """Let a partner speak for a party. Raises PartyTaken."""
    others = Party.objects.filter(country_code__iexact=key[0], party_id__iexact=key[1])
    if others.exclude(partner=partner).exists():
        raise PartyTaken(country_code=key[0], party_id=key[1])
    try:
        with transaction.atomic():
            Party.objects.create(
                partner=partner,
                country_code=key[0],
                party_id=key[1],
                role=role,
                business_details=business_details or {},
            )
    except IntegrityError as refusal:
        raise PartyTaken(country_code=key[0], party_id=key[1]) from refusal


def give_token(
    partner: Partner, kind: TokenKind, now: datetime, lasts: timedelta | None = None
) -> str:
    """A fresh token that lets the partner in; its text is not kept."""
    token = new_token()
    PartnerToken.objects.create(
        partner=partner,
        kind=kind,
        digest=digest_of(token, settings.SECRET_KEY),
        created_at=now,
        valid_until=None if lasts is None else now + lasts,
    )
    return token


@transaction.atomic
def suspend(*, partner: Partner) -> None:
    """Neither let the partner in nor send it anything, until `resume`; what is owed stays.
    Raises PartnerNotConnected."""
    _move(partner, PartnerState.CONNECTED, PartnerState.SUSPENDED)


@transaction.atomic
def resume(*, partner: Partner) -> None:
    """End a suspension. Raises PartnerNotConnected."""
    _move(partner, PartnerState.SUSPENDED, PartnerState.CONNECTED)


def _move(partner: Partner, present: PartnerState, wanted: PartnerState) -> None:
    held = Partner.objects.select_for_update(no_key=True).filter(pk=partner.pk).first()
    if held is None or held.state not in (present, wanted):
        raise PartnerNotConnected(name=partner.name)
    partner.state = held.state = wanted
    held.save(update_fields=["state"])
    events.publish(PartnerChanged(partner.pk))


def change_policy(*, partner: Partner, fields: Mapping[str, int]) -> None:
    """How its failures are met: some of `opens_after`, `first_wait_s`, `longest_wait_s`,
    `answer_within_s`. Raises InvalidPolicy."""
    try:
        with transaction.atomic():
            Partner.objects.filter(pk=partner.pk).update(**fields)
    except (IntegrityError, DataError) as refusal:
        raise InvalidPolicy from refusal
    events.publish(PartnerChanged(partner.pk))


def remove(*, partner: Partner) -> bool:
    """End the relation and forget the partner; its sessions and CDRs stay. It is told first
    (DELETE at its credentials endpoint); returns whether it took that. It is removed anyway."""
    where, accesses = partner.endpoints.get("credentials"), accesses_to(partner)
    with transaction.atomic():
        forget_access(partner)
    is_told = False
    if where and accesses:
        try:
            is_told = client.ask_with_any(accesses, "DELETE", where).is_success
        except (EgressRefused, EgressFailed):
            is_told = False
    partner.delete()
    return is_told


def forget_access(partner: Partner) -> None:
    """End all automated communication (§7.2.4): its tokens and ours die, nothing is owed."""
    partner.tokens.all().delete()
    OwedPush.objects.filter(partner=partner).delete()
    Partner.objects.filter(pk=partner.pk).update(
        state=PartnerState.GONE, token_out="", token_out_before="", endpoints={}, version=""
    )


def versions_url() -> str:
    """Where partners start."""
    return f"{settings.PUBLIC_URL}/ocpi/versions"
