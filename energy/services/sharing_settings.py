"""Whether and how a location shares its power: set, switched off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from cpms.kernel import events
from cpms.kernel.errors import DomainError
from energy.enums import PhaseRotation, Standing
from energy.errors import SharingInvalid, UnknownPlace
from energy.events import SupplyChanged
from energy.models import EvsePlace, PowerSharing, SessionShare, StationDefault
from energy.ports import language_of
from energy.services.profiles import SHARING, hold_to
from energy.services.safe_defaults import PROFILE_ID
from stations.models import Evse, Location
from stations.services import issue_command


@dataclass(frozen=True, slots=True)
class Place:
    """Where an EVSE hangs on the connection, and whether its cars come first."""

    evse_uid: str
    rotation: PhaseRotation = PhaseRotation.RST
    standing: Standing = Standing.USUAL


@dataclass(frozen=True, slots=True)
class Terms:
    """What a location's sharing must keep to: A per phase, V against neutral."""

    fuse_a: int
    default_a: int
    volts: int = 230
    is_enabled: bool = True


def save_sharing(
    *, location: Location, terms: Terms, places: Sequence[Place], now: datetime
) -> PowerSharing:
    """Let a location share its power like this; EVSEs that `places` does not name stay as they
    are. Switched off, stations lose their shares and defaults. Raises SharingInvalid or
    UnknownPlace."""
    try:
        with transaction.atomic():
            sharing = _store(location, terms, now)
            for place in places:
                _put(location, place)
            if not sharing.is_enabled:
                _release_all(location, now)
    except IntegrityError as fault:
        raise SharingInvalid from fault
    events.publish(SupplyChanged(location.pk))
    return sharing


def _store(location: Location, terms: Terms, now: datetime) -> PowerSharing:
    sharing, _ = PowerSharing.objects.update_or_create(
        location=location,
        defaults={
            "is_enabled": terms.is_enabled,
            "fuse_a": terms.fuse_a,
            "default_a": terms.default_a,
            "volts": terms.volts,
            "due_at": now,
            "last_updated": now,
        },
    )
    return sharing


def _put(location: Location, place: Place) -> None:
    evse = Evse.objects.filter(location=location, uid=place.evse_uid).first()
    if evse is None:
        raise UnknownPlace(evse_uid=place.evse_uid)
    EvsePlace.objects.update_or_create(
        evse=evse, defaults={"rotation": place.rotation, "standing": place.standing}
    )


def _release_all(location: Location, now: datetime) -> None:
    """As far as stations can be told; one that is away keeps its share until the session ends."""
    shares = SessionShare.objects.filter(session__evse__location=location)
    for share in shares.exclude(offered_a=None).select_related("session"):
        try:
            hold_to(session=share.session, share_a=None, now=now)
        except DomainError:
            continue
    shares.delete()
    defaults = StationDefault.objects.filter(station__location=location)
    for row in defaults.select_related("station__connection"):
        language = language_of(row.station.connection.subprotocol)
        if language is not None and row.command_id is not None:
            request = language.release(PROFILE_ID)
            issue_command(
                station=row.station,
                action=request.action,
                payload=request.payload,
                now=now,
                origin=SHARING,
            )
    defaults.delete()
