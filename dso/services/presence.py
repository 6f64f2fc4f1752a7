"""Whether a DSO is there. While it is away its last limits hold, then its fallbacks; when it is
heard again all of that ends by itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from cpms.kernel import events
from dso.enums import Alarm, DsoState, Protocol
from dso.events import DsoChanged
from dso.models import Dso, DsoMessage, SupplyLink
from energy import services as energy
from energy.enums import LimitKind
from energy.models import CapacityLimit

KEEP_MESSAGES = timedelta(days=14)
THERE = (DsoState.CONNECTED, DsoState.AWAY)


def present(dso: Dso, now: datetime) -> None:
    """It is there: what was held because it was away is held no longer. Inside a transaction
    that holds its row."""
    dso.state, dso.last_heard_at, dso.last_error = DsoState.CONNECTED, now, ""
    dso.connected_at = dso.connected_at or now
    if dso.alarm == Alarm.AWAY:
        set_alarm(dso, "", now)
    dso.save()
    for link in dso.links.select_related("source"):
        energy.set_fallback(source=link.source, origin=dso.name, on=False, now=now)
    events.publish(DsoChanged(dso.pk))


def set_alarm(dso: Dso, alarm: str, now: datetime) -> None:
    """The row is not saved."""
    if dso.alarm != alarm:
        dso.alarm, dso.alarm_since = alarm, now if alarm else None


def failed(*, dso: Dso, reason: str, now: datetime) -> None:
    """A request to it failed; whether it is away, `note_absences` says."""
    Dso.objects.filter(pk=dso.pk).update(last_error=reason[:255], failed_at=now)
    events.publish(DsoChanged(dso.pk))


def note_absences(*, now: datetime) -> int:
    """Raise the alarm for those that went away, and let fallbacks hold where they must."""
    gone = 0
    for pk in _silent(now).values_list("pk", flat=True):
        with transaction.atomic():
            dso = _silent(now).select_for_update(no_key=True).filter(pk=pk).first()
            if dso is not None:
                gone += _miss(dso, now)
    for link in _links_of_the_away():
        _hold(link, now)
    return gone


def _silent(now: datetime) -> QuerySet[Dso]:
    """Those that were there and have not been heard for as long as they should."""
    vtns = Dso.objects.filter(protocol=Protocol.OPENADR3, state=DsoState.CONNECTED)
    late = [one.pk for one in vtns if one.last_heard_at and one.last_heard_at + one.patience <= now]
    return Dso.objects.filter(
        Q(pk__in=late) | Q(protocol=Protocol.OSCP2, away_at__lte=now), state=DsoState.CONNECTED
    )


def _miss(dso: Dso, now: datetime) -> int:
    dso.state = DsoState.AWAY
    set_alarm(dso, Alarm.AWAY, now)
    dso.save(update_fields=["state", "alarm", "alarm_since"])
    events.publish(DsoChanged(dso.pk))
    return 1


def _links_of_the_away() -> Iterable[SupplyLink]:
    return SupplyLink.objects.filter(dso__state=DsoState.AWAY).select_related("dso", "source")


def _hold(link: SupplyLink, now: datetime) -> None:
    """The fallbacks of an OSCP peer hold at once (§2.6.4); those of a VTN only where its schedule
    has come to its end (OpenADR 3 User Guide §8.10.1)."""
    is_held = link.dso.protocol == Protocol.OSCP2 or not _is_scheduled(link, now)
    with transaction.atomic():
        held = Dso.objects.select_for_update(no_key=True).filter(
            pk=link.dso_id, state=DsoState.AWAY
        )
        if held.exists():
            energy.set_fallback(source=link.source, origin=link.dso.name, on=is_held, now=now)


def _is_scheduled(link: SupplyLink, now: datetime) -> bool:
    said = CapacityLimit.objects.filter(
        source=link.source, origin=link.dso.name, kind=LimitKind.IMPORT, starts_at__lte=now
    )
    return said.exclude(ends_at__lte=now).exists()


def forget_messages(*, now: datetime) -> int:
    """Of messages only the last are kept."""
    return DsoMessage.objects.filter(at__lt=now - KEEP_MESSAGES).delete()[0]
