"""The drop folder: files of prices that another system, or a person, puts into
`CPMS_PRICE_FOLDER/<name of the price list>/`. Each is taken once and moved aside: to `taken/`, or
with a reason to `refused/` beside it."""

import hashlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from energy.domain.price_files import MOST_BYTES, prices_in
from energy.errors import BadPrices
from energy.models import PriceFile, PriceList
from energy.services.supply import take_prices

log = logging.getLogger(__name__)

ORIGIN = "file"
ASIDE = TAKEN, REFUSED = "taken", "refused"
UNFINISHED = (".part", ".filepart", ".tmp")
SETTLED_FOR = timedelta(seconds=5)  # whoever writes it has come to an end
KEPT_FOR = timedelta(days=90)
LONGEST_ERROR = 1_000


def take_price_files(*, now: datetime) -> int:
    """Take what lies there; returns how many files had prices."""
    folder = Path(settings.PRICE_FOLDER)
    return sum(_take(folder, path, now) for path in list(_waiting(folder, now)))


def forget_price_files(*, now: datetime) -> int:
    """Drop what is known of files that are long gone. Returns of how many."""
    count, _ = PriceFile.objects.filter(taken_at__lt=now - KEPT_FOR).delete()
    return count


def _waiting(folder: Path, now: datetime) -> Iterator[Path]:
    """Files that nobody writes any more: in a folder of a price list, or where none is named. A
    link is followed nowhere."""
    if not folder.is_dir():
        return
    places = [one for one in sorted(folder.iterdir()) if one.is_dir() and not one.is_symlink()]
    for place in [folder, *(one for one in places if one.name not in ASIDE)]:
        for path in sorted(place.iterdir()):
            is_ours = path.is_file() and not path.is_symlink() and not path.name.startswith(".")
            if is_ours and path.suffix not in UNFINISHED and _is_settled(path, now):
                yield path


def _is_settled(path: Path, now: datetime) -> bool:
    try:
        changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # gone meanwhile
        return False
    return changed_at <= now - SETTLED_FOR


def _take(folder: Path, path: Path, now: datetime) -> bool:
    """A crash before it is moved repeats nothing: the same file is known by its mark."""
    name = str(path.relative_to(folder))
    try:
        changed_ns = path.stat().st_mtime_ns
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as fault:
        log.warning("price file cannot be read", extra={"file": name, "fault": str(fault)})
        return False
    mark = hashlib.sha256(f"{name}\0{changed_ns}\0".encode() + content).hexdigest()
    found = _store(name, mark, content, now)
    _move_aside(path, REFUSED if found.error else TAKEN, now)
    return not found.error


@transaction.atomic
def _store(name: str, mark: str, content: bytes, now: datetime) -> PriceFile:
    """The prices, and that the file was taken, or neither."""
    row, is_new = PriceFile.objects.get_or_create(
        mark=mark, defaults={"name": name[:255], "taken_at": now}
    )
    if not is_new:
        return row
    try:
        with transaction.atomic():
            row.price_list = _price_list_of(name)
            prices = prices_in(name, content)
            row.doubts = take_prices(
                price_list=row.price_list, prices=prices, origin=ORIGIN, now=now
            )
            row.prices = len(prices)
    except BadPrices as refusal:
        row.error = refusal.text[:LONGEST_ERROR]
        log.warning("price file refused", extra={"file": name, "why": row.error})
    row.save()
    return row


def _price_list_of(name: str) -> PriceList:
    """Raises BadPrices."""
    place = Path(name).parent.name
    if not place:
        raise BadPrices("It must lie in a folder named as its price list.")
    found = PriceList.objects.filter(name=place).first()
    if found is None:
        raise BadPrices(f"There is no price list {place}.")
    return found


def _move_aside(path: Path, where: str, now: datetime) -> None:
    """Beside each other under the time that they were taken."""
    try:
        aside = path.parent / where
        aside.mkdir(exist_ok=True)
        path.rename(aside / f"{now:%Y%m%dT%H%M%SZ}-{path.name}")
    except FileNotFoundError:
        return  # another worker was quicker
    except OSError as fault:
        log.warning("price file stays", extra={"file": path.name, "fault": str(fault)})
