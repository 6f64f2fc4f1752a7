"""Who pushes to a partner: one at a time, wherever it runs, which keeps order."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from ocpi.enums import PartnerState
from ocpi.models import OwedPush, Partner

LEASE = timedelta(seconds=60)  # half of it is longer than one request can take, with its repeat


class LeaseLost(Exception):
    """Another pusher took this partner over, or it is no longer connected."""


def partners_due(now: datetime) -> QuerySet[Partner]:
    """Connected partners with something due, an open door and nobody at it."""
    due = OwedPush.objects.filter(partner=OuterRef("pk"), due_at__lte=now)
    return (
        Partner.objects.filter(Exists(due), state=PartnerState.CONNECTED)
        .filter(Q(retry_at=None) | Q(retry_at__lte=now))
        .filter(Q(pushing_until=None) | Q(pushing_until__lte=now))
        .order_by("pk")
    )


@dataclass(slots=True)
class Lease:
    """The right to push to a partner, which nobody else has up to `until`."""

    partner_id: int
    until: datetime

    @classmethod
    def take(cls, partner_id: int, now: datetime) -> "Lease | None":
        """None when somebody has it, or there is nothing to push."""
        until = now + LEASE
        taken = partners_due(now).filter(pk=partner_id).update(pushing_until=until)
        return cls(partner_id, until) if taken else None

    def keep(self, now: datetime) -> None:
        """See that it lasts for one request more. Raises LeaseLost."""
        if self.until - now > LEASE / 2:
            return
        longer = now + LEASE
        if not self._row().update(pushing_until=longer):
            raise LeaseLost
        self.until = longer

    def due(self, now: datetime) -> QuerySet[OwedPush]:
        """What is due to the partner, with the partner as it is now; nothing when the lease is
        lost, or the partner no longer connected."""
        return (
            OwedPush.objects.filter(partner=self.partner_id, due_at__lte=now)
            .filter(partner__pushing_until=self.until, partner__state=PartnerState.CONNECTED)
            .select_related("partner")
            .prefetch_related("partner__parties")
        )

    def give_back(self) -> None:
        self._row().update(pushing_until=None)

    def _row(self) -> QuerySet[Partner]:
        return Partner.objects.filter(pk=self.partner_id, pushing_until=self.until)
