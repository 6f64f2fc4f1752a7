"""Station keys: set, generate, rotate."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts.models import User
from stations.domain.configuration import STATION_KEY
from stations.domain.credentials import digest_of, is_strong_enough, new_key, new_salt
from stations.errors import WeakKey
from stations.models import ChargingStation, StationCommand
from stations.services.commands import issue_command


def set_key(*, station: ChargingStation, key: str, save: bool = True) -> None:
    """Give the station this key. Raises WeakKey."""
    if not is_strong_enough(key):
        raise WeakKey(identity=station.identity)
    station.key_salt = new_salt()
    station.key_digest = digest_of(key.encode(), station.key_salt, settings.SECRET_KEY)
    station.pending_key_digest = None
    if save:
        station.save(update_fields=["key_salt", "key_digest", "pending_key_digest"])


def set_new_key(*, station: ChargingStation, save: bool = True) -> str:
    """A generated key, returned to be shown once."""
    key = new_key()
    set_key(station=station, key=key, save=save)
    return key


@transaction.atomic
def rotate_key(
    *, station: ChargingStation, now: datetime, issued_by: User | None = None
) -> StationCommand:
    """Give a connected station a new key over its connection. Until the outcome is known the
    old and the new key are both accepted."""
    return issue_command(
        station=station,
        action="ChangeConfiguration",
        payload={"key": STATION_KEY, "value": new_key()},
        now=now,
        issued_by=issued_by,
        origin="key rotation",
    )
