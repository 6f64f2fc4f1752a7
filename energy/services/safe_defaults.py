"""A safe default profile in every station of a location that shares its power: what cars may take
that nobody told otherwise, also while we are away. A station need not remember over a boot what
it was told, so it is told again after each."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from energy import selectors
from energy.domain.profiles import in_unit, share_profile
from energy.enums import RateUnit
from energy.models import PowerSharing, StationDefault
from energy.ports import ProfileLanguage, Request, language_of
from energy.services.profiles import SHARING
from stations.enums import CommandStatus
from stations.models import ChargingStation, Evse, StationCommand
from stations.ports import Settled
from stations.services import issue_command

PROFILE_ID = 2_000_000_000  # far from those of sessions, which are counted up from 1
MOST_AT_ONCE = 200


@transaction.atomic
def keep_defaults(*, now: datetime) -> int:
    """Tell stations their default where it is another than they hold, or they booted since;
    returns how many were told."""
    wanted = PowerSharing.objects.filter(location=OuterRef("location"), is_enabled=True)
    stations = (
        ChargingStation.objects.annotate(wanted_a=Subquery(wanted.values("default_a")[:1]))
        .filter(wanted_a__isnull=False, connection__connected_at__isnull=False)
        .filter(connection__disconnected_at=None)
        .exclude(
            Q(default_profile__asked_a=F("wanted_a"))
            & (
                Q(default_profile__booted_at=F("booted_at"))
                | Q(default_profile__booted_at=None, booted_at=None)
            )
        )
        .select_related("connection")
        .order_by("pk")[:MOST_AT_ONCE]
    )
    return sum(_tell(station, now) for station in stations)


def _tell(station: ChargingStation, now: datetime) -> bool:
    default_a = station.wanted_a  # type: ignore[attr-defined]
    language = language_of(station.connection.subprotocol)
    request = None
    if language is not None and selectors.takes_profiles(station) is not False:
        request = _request(station, default_a, language)
    command = _issue(station, request, now) if request else None
    StationDefault.objects.update_or_create(
        station=station,
        defaults={
            "asked_a": default_a,
            "is_held": False,
            "command": command,
            "booted_at": station.booted_at,
        },
    )
    return command is not None


def _issue(station: ChargingStation, request: Request, now: datetime) -> StationCommand:
    return issue_command(
        station=station, action=request.action, payload=request.payload, now=now, origin=SHARING
    )


def _request(station: ChargingStation, default_a: int, language: ProfileLanguage) -> Request | None:
    """None: nothing is known of its EVSEs, or it speaks of watts and has several kinds."""
    evses = Evse.objects.filter(station=station, removed_at=None).prefetch_related("connectors")
    supplies = {selectors.supply_at(evse) for evse in evses}
    profiles = {share_profile(default_a, supply) for supply in supplies if supply}
    units = language.abilities(station.configuration).units
    if units is not None and RateUnit.AMPERE not in units:
        profiles = {
            in_unit(share_profile(default_a, supply), RateUnit.WATT, supply)
            for supply in supplies
            if supply
        }
    least = min(profiles, key=lambda one: one.steps[0].limit, default=None)
    return language.default(PROFILE_ID, least) if least else None


def note_default(command: Settled, now: datetime) -> None:
    """Whether a station holds its default; one that did not answer is asked again."""
    mine = StationDefault.objects.filter(command=command.pk)
    if command.status == CommandStatus.ACCEPTED:
        mine.update(is_held=True)
    elif command.status != CommandStatus.REJECTED:
        mine.delete()
