from collections.abc import Iterable
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from booking.enums import AuthMethod, AuthorizationStatus
from booking.models.token import Token
from stations.models import ChargingStation


class Ruling(models.Model):
    """What an issuer said of its token at a station: asked in real time, or by a command of its
    own (OCPI 2.2.1 §12.2.1.2, §13.3.5). The session that follows bears its reference.

    `evse_uids` are the only EVSEs that it named (empty: every one). Until `expires_at` the
    issuer is not asked again for a start; where it commanded, for nothing.
    """

    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="+")
    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="rulings")
    status = models.CharField(max_length=16, choices=AuthorizationStatus)
    evse_uids = ArrayField(models.CharField(max_length=36), default=list, blank=True)
    auth_method = models.CharField(max_length=16, choices=AuthMethod)
    authorization_reference = models.CharField(max_length=36, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["station", "token"], name="ruling_newest_only")
        ]

    def __str__(self) -> str:
        return f"{self.token_id} at {self.station_id}: {self.status}"

    def status_at(self, evse_uids: Iterable[str]) -> AuthorizationStatus:
        """What it says of these EVSEs: one that it did not name may not be used."""
        named = {uid.casefold() for uid in self.evse_uids}
        is_elsewhere = bool(named) and named.isdisjoint(uid.casefold() for uid in evse_uids)
        status = AuthorizationStatus(self.status)
        if status == AuthorizationStatus.ACCEPTED and is_elsewhere:
            return AuthorizationStatus.BLOCKED
        return status

    def holds(self, now: datetime) -> bool:
        return self.expires_at > now
