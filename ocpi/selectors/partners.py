"""Who asks, who we are, and what a partner's own drivers did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from booking.models import Cdr, ChargingSession, Reservation, Token
from booking.selectors import open_reservation
from ocpi.domain.credentials import digest_of
from ocpi.enums import ConnectionStatus, Module, PartnerState, Role
from ocpi.errors import UnknownPartner
from ocpi.models import (
    Booking,
    ClientInfo,
    OcpiMessage,
    OwedPush,
    Partner,
    PartnerToken,
    Party,
    TokenPull,
)
from stations.models import Connector, Evse, Location
from tariffs.models import Tariff, TariffVersion

PartyKey = tuple[str, str]

PARTY = ("country_code", "party_id")
CDR_TOKEN = (*PARTY, "uid", "type", "contract_id")
BILL = (*PARTY, "session", "credits", "total_excl_vat", "currency", "issued_at")


def token_of(candidates: list[str], now: datetime) -> tuple[PartnerToken, str] | None:
    """The valid token that one of these texts is, with its partner and that text."""
    by_digest = {digest_of(text, settings.SECRET_KEY): text for text in candidates}
    rows = PartnerToken.objects.filter(digest__in=by_digest).select_related("partner")
    rows = rows.prefetch_related("partner__parties")
    for row in rows.order_by("pk"):
        if row.is_valid(now) and row.partner.state != PartnerState.SUSPENDED:
            return row, by_digest[bytes(row.digest)]
    return None


def our_party_keys() -> set[PartyKey]:
    """The parties that this CPO is, without their names."""
    keys = set(Location.objects.order_by().values_list("country_code", "party_id").distinct())
    keys |= set(Tariff.objects.order_by().values_list("country_code", "party_id").distinct())
    return {(a.upper(), b.upper()) for a, b in keys} or {settings.OCPI.party}


def our_parties() -> list[tuple[PartyKey, str]]:
    """The parties that this CPO is, with their business names: those of its locations and
    tariffs, or the configured one while there are none."""
    names = dict.fromkeys(our_party_keys(), "")
    operated = Location.objects.exclude(operator=None).order_by("pk")
    for key in names:
        location = operated.filter(country_code__iexact=key[0], party_id__iexact=key[1]).first()
        operator = (location and location.operator) or {}
        names[key] = str(operator.get("name") or f"{key[0]}*{key[1]}")
    return sorted(names.items())


def partner_by_name(name: str) -> Partner:
    """Raises UnknownPartner."""
    found = Partner.objects.filter(name=name).first()
    if found is None:
        raise UnknownPartner(name=name)
    return found


def partner_by_id(partner_id: int) -> Partner:
    """One of `partners_with_outbox`. Raises UnknownPartner."""
    found = partners_with_outbox().filter(pk=partner_id).first()
    if found is None:
        raise UnknownPartner(id=partner_id)
    return found


def partners_with_outbox() -> QuerySet[Partner]:
    """Partners with the number of objects owed (`owed`), refused, and since when (`since`)."""
    pushes = OwedPush.objects.filter(partner=OuterRef("pk")).order_by().values("partner")
    due, refused = pushes.filter(due_at__isnull=False), pushes.exclude(refused="")
    return (
        Partner.objects.prefetch_related("parties", "clients")
        .annotate(
            owed=Coalesce(Subquery(due.values(n=Count("pk"))), 0),
            refused=Coalesce(Subquery(refused.values(n=Count("pk"))), 0),
            since=Subquery(due.values(since=Min("owed_since"))),
        )
        .order_by("name")
    )


@dataclass(frozen=True, slots=True)
class ModuleState:
    """What a partner knows of our objects of one module. `endpoint` is empty where it does not
    take them; `lag_s` is the age of the oldest that is owed."""

    identifier: str
    label: str
    endpoint: str | None
    known: int
    owed: int
    refused: int
    lag_s: int
    delivered_at: datetime | None


def modules_of(partner: Partner, now: datetime) -> list[ModuleState]:
    """The modules that we push, each with its state at a partner."""
    due = Q(due_at__isnull=False)
    rows = (
        OwedPush.objects.filter(partner=partner)
        .order_by()
        .values("module")
        .annotate(
            known=Count("pk", filter=Q(delivered_at__isnull=False)),
            owed=Count("pk", filter=due),
            refused=Count("pk", filter=~Q(refused="")),
            since=Min("owed_since", filter=due),
            newest=Max("delivered_at"),
        )
    )
    found = {row["module"]: row for row in rows}
    return [
        _module_state(module, partner.takes_at(module), found.get(module, {}), now)
        for module in Module
    ]


def _module_state(
    module: Module, endpoint: str | None, row: Mapping[str, Any], now: datetime
) -> ModuleState:
    since = row.get("since")
    return ModuleState(
        identifier=module.value,
        label=str(module.label),
        endpoint=endpoint,
        known=row.get("known", 0),
        owed=row.get("owed", 0),
        refused=row.get("refused", 0),
        lag_s=0 if since is None else max(int((now - since).total_seconds()), 0),
        delivered_at=row.get("newest"),
    )


def token_pull_of(partner: Partner) -> TokenPull | None:
    """How far we are with reading its tokens."""
    return TokenPull.objects.filter(partner=partner).first()


def count_of_tokens(partner: Partner) -> int:
    """How many tokens of its parties we know."""
    keys = parties_of(partner)
    return Token.objects.filter(of_parties("", keys)).count() if keys else 0


def messages() -> QuerySet[OcpiMessage]:
    """Exchanges with partners, newest first."""
    return OcpiMessage.objects.order_by("-at", "-id")


def hubs() -> QuerySet[Partner]:
    """The partners that are hubs."""
    return Partner.objects.filter(parties__role=Role.HUB).distinct().order_by("pk")


def is_hub(partner: Partner) -> bool:
    return bool(hub_keys(partner))


def may_be_hub(partner: Partner) -> bool:
    """Whether a partner is a hub, or has not said yet what it is."""
    return is_hub(partner) or not partner.parties.all()


def unreachable_at(partner: Partner) -> set[PartyKey]:
    """The parties that a partner, being their hub, does not reach now."""
    rows = ClientInfo.objects.filter(hub=partner).exclude(status=ConnectionStatus.CONNECTED)
    return {(a.upper(), b.upper()) for a, b in rows.values_list("country_code", "party_id")}


def parties_of(partner: Partner) -> set[PartyKey]:
    """The party keys that a partner speaks for, in upper case: its own, and a hub's those behind
    it that are nobody else's. In a request that comes through a hub, the one it comes from."""
    if partner.acting_for is not None:
        return {partner.acting_for}
    own = {(row.country_code.upper(), row.party_id.upper()) for row in partner.parties.all()}
    return own | _behind(partner) if is_hub(partner) else own


def hub_keys(partner: Partner) -> set[PartyKey]:
    """What a partner is called as a hub; nothing: it is none."""
    rows = (row for row in partner.parties.all() if row.role == Role.HUB)
    return {(row.country_code.upper(), row.party_id.upper()) for row in rows}


def _behind(hub: Partner) -> set[PartyKey]:
    """The parties that a hub says it reaches (2.2.1 §15; in its credentials it names only itself),
    but for those that are connected to us themselves, or that another hub told of before."""
    told: dict[PartyKey, int] = {}
    clients = ClientInfo.objects.exclude(role__in=[Role.CPO, Role.HUB]).order_by("pk")
    for country_code, party_id, hub_id in clients.values_list(*PARTY, "hub"):
        told.setdefault((country_code.upper(), party_id.upper()), hub_id)
    others = Party.objects.exclude(partner=hub).values_list(*PARTY)
    taken = {(a.upper(), b.upper()) for a, b in others} | our_party_keys()
    return {key for key, hub_id in told.items() if hub_id == hub.pk} - taken


def of_parties(prefix: str, keys: set[PartyKey]) -> Q:
    """Rows of these parties, in any case; `prefix`: the way to their columns."""
    wanted = Q(pk__in=[])
    for country_code, party_id in sorted(keys):
        wanted |= Q(
            **{f"{prefix}country_code__iexact": country_code, f"{prefix}party_id__iexact": party_id}
        )
    return wanted


def sessions_of(partner: Partner) -> QuerySet[ChargingSession]:
    """The sessions of a partner's own tokens: what it may see, and what is pushed to it."""
    return sessions().filter(of_parties("token__", parties_of(partner)))


def session_of(partner: Partner, text: str) -> ChargingSession | None:
    """One session of a partner's own tokens, whole, by our UUID in any case; None for other
    texts."""
    whole = ChargingSession.objects.select_related("token", "evse__location", "tariff_version")
    try:
        return whole.filter(of_parties("token__", parties_of(partner)), pk=UUID(text)).first()
    except ValueError:
        return None


def reservation_of(partner: Partner, reference: str) -> Reservation | None:
    """A partner's own open reservation by the name that it gave it, in any case."""
    found = (open_reservation(*key, reference) for key in sorted(parties_of(partner)))
    return next(filter(None, found), None)


def bookings_of(partner: Partner) -> QuerySet[Booking]:
    """A partner's own bookings, in order of creation: what it may see, and is pushed."""
    return bookings().filter(of_parties("", parties_of(partner)))


def bookings() -> QuerySet[Booking]:
    """Bookings with all that OCPI tells of them. `changed_at`: of it or of its reservation."""
    place = "booking_location__location"
    return (
        Booking.objects.annotate(changed_at=Greatest("last_updated", "reservation__last_updated"))
        .select_related(place, "reservation__evse")
        .prefetch_related(
            "requests",
            f"{place}__tariffs__tariff",
            "reservation__evse__tariffs__tariff",
            Prefetch("reservation__evse__connectors", Connector.objects.order_by("pk")),
            "reservation__evse__connectors__tariffs__tariff",
        )
        .order_by("created_at", "pk")
    )


def sessions() -> QuerySet[ChargingSession]:
    """Sessions with all that OCPI tells of them and no more, in order of creation. What many of
    them share is read once."""
    return (
        ChargingSession.objects.only(
            "evse", "token", "reservation", "tariff_version", "auth_method",
            "authorization_reference", "status", "started_at", "ended_at", "meter_stop_wh",
            "energy_wh", "last_meter_at", "currency", "total_cost", "last_updated",
        )
        .prefetch_related(
            Prefetch("token", Token.objects.only(*CDR_TOKEN)),
            Prefetch("evse", Evse.objects.only("uid", "location")),
            Prefetch("evse__location", Location.objects.only(*PARTY, "ocpi_id")),
            Prefetch("evse__connectors", Connector.objects.only("ocpi_id", "evse")),
            Prefetch(
                "tariff_version",
                TariffVersion.objects.select_related("tariff").only("currency", "tariff__ocpi_id"),
            ),
            Prefetch("reservation", Reservation.objects.only("starts_at")),
            Prefetch("cdrs", Cdr.objects.only(*BILL)),
        )
        .order_by("created_at", "pk")
    )  # fmt: skip


def cdrs_of(partner: Partner) -> QuerySet[Cdr]:
    """The CDRs of a partner's own tokens: what it may see, and what is pushed to it."""
    own = Q(pk__in=[])
    for country_code, party_id in sorted(parties_of(partner)):
        own |= Q(country_code=country_code, party_id=party_id)
    return Cdr.objects.filter(own).order_by("issued_at", "pk")
