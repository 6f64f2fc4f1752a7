"""Reports that events ask for: at once, which also says that the event was read, and then each
quarter of an hour while it lasts. And measurements that OSCP peers ask for."""

from datetime import datetime, timedelta

from django.db import transaction

from dso.domain import oscp
from dso.domain.openadr.bodies import Measured, report, wanted_reports
from dso.domain.openadr.events import Event, event_of
from dso.domain.openadr.timing import spans_of
from dso.enums import DsoState, Protocol
from dso.errors import BadMessage
from dso.models import Dso, SupplyLink, VtnEvent
from dso.services.measuring import counted_kwh, power_kw
from dso.services.sending import REPORTS, owe

EACH = timedelta(minutes=15)
MEASURE_EACH = timedelta(minutes=1)
MEASUREMENTS = "update_group_measurements"
CONTINUOUS = "CONTINUOUS"
MOST_AT_ONCE = 200


def begin(dso: Dso, row: VtnEvent, event: Event, now: datetime) -> None:
    """Report on an event that was just read, if it asks for that. Inside a transaction."""
    if wanted_reports(event):
        _report(dso, event, now)
        VtnEvent.objects.filter(pk=row.pk).update(next_report_at=now + EACH)


def report_due(*, now: datetime) -> int:
    """Owe the reports and measurements that are due."""
    due = VtnEvent.objects.filter(next_report_at__lte=now, dso__state=DsoState.CONNECTED)
    pks = list(due.values_list("pk", flat=True)[:MOST_AT_ONCE])
    return sum(_report_again(pk, now) for pk in pks) + _measure_due(now)


@transaction.atomic
def _report_again(pk: int, now: datetime) -> int:
    rows = VtnEvent.objects.select_for_update(of=("self",), skip_locked=True)
    row = rows.select_related("dso").filter(pk=pk, next_report_at__lte=now).first()
    if row is None:
        return 0
    event, lasts = event_of(row.body), False
    try:
        lasts = bool(spans_of(event, seen_at=row.seen_at, now=now))
    except BadMessage:  # it was refused: the first report said so much
        lasts = False
    _report(row.dso, event, now)
    VtnEvent.objects.filter(pk=pk).update(next_report_at=now + EACH if lasts else None)
    return 1


def _report(dso: Dso, event: Event, now: datetime) -> None:
    measured = [_measured(link, now) for link in dso.links.select_related("source__location")]
    for kind in wanted_reports(event) if measured else []:
        client_name = dso.ven_name or dso.name
        body = report(event, dso.version, client_name=client_name, kind=kind, measured=measured)
        owe(dso, REPORTS, body, now=now)


def _measured(link: SupplyLink, now: datetime) -> Measured:
    name = link.group or link.source.connection_id or link.source.name
    kwh = power_kw(link.source) * (EACH / timedelta(hours=1))
    return Measured(name[:128], now - EACH, EACH, kwh, is_estimated=True)


def _measure_due(now: datetime) -> int:
    there = Dso.objects.filter(protocol=Protocol.OSCP2, state=DsoState.CONNECTED)
    pks = there.filter(next_measurement_at__lte=now).values_list("pk", flat=True)
    return sum(_measure(pk, now) for pk in pks)


@transaction.atomic
def _measure(dso_id: int, now: datetime) -> int:
    rows = Dso.objects.select_for_update(no_key=True, skip_locked=True)
    dso = rows.filter(pk=dso_id, next_measurement_at__lte=now).first()
    if dso is None:
        return 0
    dso.next_measurement_at = now + MEASURE_EACH
    dso.save(update_fields=["next_measurement_at"])
    dso.owed.filter(action=MEASUREMENTS).delete()  # newer ones say as much
    for link in dso.links.exclude(group="").select_related("source__location"):
        body = oscp.group_measurements(link.group, _counted(dso, link, now))
        owe(dso, MEASUREMENTS, body, now=now)
    return 1


def _counted(dso: Dso, link: SupplyLink, now: datetime) -> list[oscp.Measurement]:
    """CONTINUOUS is a meter's register, INTERMITTENT what came between two instants."""
    if CONTINUOUS in dso.measures:
        kwh, since = counted_kwh(link.source), None
    else:
        kwh = power_kw(link.source) * (MEASURE_EACH / timedelta(hours=1))
        since = now - MEASURE_EACH
    return [oscp.Measurement(kwh, now, since, "IMPORT", "FLEXIBLE")]
