"""Local authorization lists of stations, kept equal to the tokens that may stand there.

What is owed is a command row, written with what is known of the list; its outcome is applied in
the transaction that settles it. Whatever is missed or lost, the sweep finds: it compares.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from accounts.models import User
from booking.domain.local_list import (
    A_DAY,
    KEYS,
    UNSUPPORTED_VERSION,
    Answer,
    Held,
    Json,
    answer_of,
    applied,
    knows_limits,
    limits_of,
    next_request,
    storable_version,
    wait_after,
)
from booking.enums import ListTrouble
from booking.errors import ListNotManaged
from booking.models import LocalList
from booking.services.list_contents import print_of, prints_by_limits, wanted_entries
from stations.enums import OPEN_COMMAND, CommandStatus, WhenOffline
from stations.models import ChargingStation
from stations.ports import Settled
from stations.services import issue_command

ORIGIN = "local list"
MOST_AT_ONCE = 500


@transaction.atomic
def manage_list(
    *, station: ChargingStation, is_managed: bool, now: datetime, issued_by: User | None = None
) -> LocalList:
    """Keep a station's list from now on, or no more: then what we put there is taken away."""
    row = _held(station)
    was_managed, row.is_managed = row.is_managed, is_managed
    if is_managed:
        _begin_anew(row)
        _advance(row, now, issued_by)
    elif was_managed and (row.entries or not row.is_certain):
        nothing = next_request(Held(row.version, {}, is_certain=False), {}, 1) or {}
        _ask(row, "SendLocalList", nothing, now, issued_by, when_offline=WhenOffline.KEEP)
    row.save()
    return row


@transaction.atomic
def send_whole_list(
    *, station: ChargingStation, now: datetime, issued_by: User | None = None
) -> LocalList:
    """Send a managed list anew, whatever went wrong before and whatever we think is there.
    Raises ListNotManaged."""
    row = _locked().filter(pk=station.pk, is_managed=True).first()
    if row is None:
        raise ListNotManaged(identity=station.identity)
    _begin_anew(row)
    _doubt(row)
    _advance(row, now, issued_by)
    row.save()
    return row


def sync_local_lists(*, now: datetime) -> int:
    """Ask what is next of every connected station whose list is not as it should be, or is to
    be checked since it booted. Returns of how many."""
    lists = [(row, limits_of(_configuration(row))) for row in _idle(now)]
    prints = prints_by_limits((limits for _, limits in lists if limits), now)
    due = [
        row.pk
        for row, limits in lists
        if limits is None or _must_be_checked(row) or row.fingerprint != prints[limits]
    ]
    return sum(_advance_one(pk, now) for pk in due[:MOST_AT_ONCE])


def _idle(now: datetime) -> QuerySet[LocalList]:
    """Managed lists of connected stations with nothing open and nothing to wait for; of what
    they hold and of their stations only what the comparison needs."""
    said = {
        f"said_{name}": KeyTextTransform("value", KeyTransform(name, "station__configuration"))
        for name in KEYS
    }
    return (
        LocalList.objects.filter(
            Q(command=None) | ~Q(command__status__in=OPEN_COMMAND),
            Q(retry_at=None) | Q(retry_at__lte=now),
            is_managed=True,
            station__connection__connected_at__isnull=False,
            station__connection__disconnected_at=None,
        )
        .select_related("station")
        .only("fingerprint", "checked_at", "station__booted_at")
        .annotate(**said)
        .order_by(F("checked_at").asc(nulls_first=True), "pk")
    )


def _configuration(row: LocalList) -> Json:
    said = {name: getattr(row, f"said_{name}") for name in KEYS}
    return {name: {"value": value} for name, value in said.items() if value is not None}


@transaction.atomic
def _advance_one(station_id: int, now: datetime) -> bool:
    row = _locked().filter(pk=station_id, is_managed=True).first()
    if row is None:
        return False
    is_asked = _advance(row, now)
    row.save()
    return is_asked


def _held(station: ChargingStation) -> LocalList:
    """The station's row, locked; made when there is none."""
    LocalList.objects.get_or_create(station=station)
    return _locked().get(pk=station.pk)


def _locked() -> QuerySet[LocalList]:
    rows = LocalList.objects.select_related("station__connection", "command")
    return rows.select_for_update(of=("self",), no_key=True)


def _advance(row: LocalList, now: datetime, issued_by: User | None = None) -> bool:
    """Ask the station for what comes next: the limits of its list, its version, a change of it.
    Returns whether anything was to be asked."""
    is_early = row.retry_at is not None and row.retry_at > now
    if is_early or _is_open(row) or not row.station.connection.is_connected:
        return False
    configuration = row.station.configuration
    if not knows_limits(configuration) and _before_boot(row.asked_at, row):
        row.asked_at = now
        return _ask(row, "GetConfiguration", {"key": list(KEYS)}, now, issued_by)
    limits = limits_of(configuration)
    if limits is None:
        _give_up(row, now)
        return False
    if _must_be_checked(row):
        return _ask(row, "GetLocalListVersion", {}, now, issued_by)
    wanted = wanted_entries(limits, now)
    held = Held(row.version, row.entries, row.is_certain)
    request = next_request(held, wanted, limits.at_once)
    if request is None:
        row.trouble, row.fingerprint = "", print_of(wanted)
        return False
    return _ask(row, "SendLocalList", request, now, issued_by)


def _is_open(row: LocalList) -> bool:
    return row.command is not None and row.command.status in OPEN_COMMAND


def _must_be_checked(row: LocalList) -> bool:
    return _before_boot(row.checked_at, row)


def _before_boot(at: datetime | None, row: LocalList) -> bool:
    """Whether something was never done, or last before the station booted."""
    booted_at = row.station.booted_at
    return at is None or (booted_at is not None and at < booted_at)


def _ask(
    row: LocalList,
    action: str,
    payload: Json,
    now: datetime,
    issued_by: User | None,
    when_offline: WhenOffline = WhenOffline.FAIL,
) -> bool:
    command = issue_command(
        station=row.station,
        action=action,
        payload=payload,
        now=now,
        issued_by=issued_by,
        origin=ORIGIN,
        when_offline=when_offline,
    )
    row.command = command if command.status == CommandStatus.QUEUED else None
    return True


def _begin_anew(row: LocalList) -> None:
    row.retry_at, row.failures, row.trouble = None, 0, ""
    row.checked_at = row.asked_at = None


def _doubt(row: LocalList) -> None:
    row.is_certain, row.fingerprint = False, ""


def _give_up(row: LocalList, now: datetime) -> None:
    """Until somebody changes it there, or new firmware brings it."""
    row.trouble, row.retry_at = ListTrouble.UNSUPPORTED, now + A_DAY


def note_sent_list(command: Settled, now: datetime) -> None:
    """A SendLocalList has its outcome, whoever asked for it. Runs inside the transaction that
    settles the command."""
    answer = answer_of(command.response, command.error, was_sent=command.sent_at is not None)
    if answer is Answer.ACCEPTED:
        LocalList.objects.get_or_create(station_id=command.station_id)
    row = _locked().filter(pk=command.station_id).first()
    if row is None:
        return
    match answer:
        case Answer.ACCEPTED:
            _note_accepted(row, command.payload, now)
        case Answer.UNSUPPORTED:
            _doubt(row)
            _give_up(row, now)
        case Answer.MISMATCH | Answer.FAILED:
            _doubt(row)
            row.failures += 1
            row.retry_at = now + wait_after(row.failures)
            row.trouble = ListTrouble.FAILED if row.failures > 1 else ""
            if answer is Answer.MISMATCH:
                row.checked_at = None
        case Answer.NOT_ASKED:
            pass
    _go_on(row, command, now)


def _note_accepted(row: LocalList, request: Json, now: datetime) -> None:
    is_full = request["updateType"] == "Full"
    row.version = storable_version(request["listVersion"])
    row.entries = applied(row.entries, request)
    row.is_certain = row.is_certain or is_full
    row.fingerprint = print_of(row.entries) if row.is_certain else ""
    row.accepted_at = now
    row.retry_at, row.failures, row.trouble = None, 0, ""


def note_list_version(command: Settled, now: datetime) -> None:
    """A station told the version of its list: another than we know means that we do not know
    the list."""
    row = _locked().filter(pk=command.station_id).first()
    if row is None:
        return
    version = (command.response or {}).get("listVersion")
    if command.status != CommandStatus.ACCEPTED or not isinstance(version, int):
        if command.sent_at is not None:
            row.failures += 1
            row.retry_at = now + wait_after(row.failures + 1)
    elif version <= UNSUPPORTED_VERSION:
        _doubt(row)
        _give_up(row, now)
    else:
        row.checked_at = now
        if version != row.version:
            _doubt(row)
            row.version = max(row.version, storable_version(version))
    _go_on(row, command, now)


def note_configuration(command: Settled, now: datetime) -> None:
    """The station's limits may be other ones now."""
    row = _locked().filter(pk=command.station_id).first()
    if row is None or command.status != CommandStatus.ACCEPTED:
        return
    if command.payload.get("key") in (None, *KEYS) or row.command_id == command.pk:
        row.retry_at = None
        _go_on(row, command, now)


def _go_on(row: LocalList, command: Settled, now: datetime) -> None:
    """What comes next, at once."""
    if row.command_id == command.pk:
        row.command = None
    if row.is_managed:
        _advance(row, now)
    row.save()
