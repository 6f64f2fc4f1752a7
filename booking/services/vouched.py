"""Reservations that eMSPs command for their own drivers (OCPI 2.2.1 RESERVE_NOW): the eMSP
answers for the token, and names the reservation."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from booking.domain.facts import IssuedToken
from booking.domain.reserving import Holder
from booking.enums import CanceledBy
from booking.models import Reservation
from booking.selectors import open_reservation
from booking.services.issued import stored_token
from booking.services.issuers import vouch
from booking.services.reservations import cancel_reservation, change_reservation, reserve
from cpms.kernel.errors import DomainError
from cpms.kernel.windows import TimeWindow
from stations.models import Evse


@transaction.atomic
def reserve_vouched(
    *,
    evses: Sequence[Evse],
    token: IssuedToken,
    reference: str,
    until: datetime,
    now: datetime,
    authorization_reference: str = "",
) -> Reservation:
    """Hold the first of these EVSEs that can be, from now `until`. The eMSP's open reservation
    of the same name is replaced: it keeps its EVSE if that is one of them.

    Raises what `reserve` raises for the last of them; then the one before stays as it is.
    """
    stored = stored_token(token)
    before = open_reservation(token.country_code, token.party_id, reference)
    if before is not None and before.token_id == stored.pk and before.evse in evses:
        window = TimeWindow(before.starts_at, until)
        return change_reservation(reservation=before, window=window, now=now)
    if before is not None:
        _lock([before.evse, *evses])
        cancel_reservation(
            reservation=before, by=CanceledBy.EMSP, now=now, reason="replaced by its eMSP"
        )
    holder = Holder(
        id_token=stored.uid,
        group_id=stored.group_id,
        country_code=stored.country_code,
        party_id=stored.party_id,
        reference=reference,
        authorization_reference=authorization_reference,
        is_vouched_for=True,
    )
    made = _first(evses, holder, TimeWindow(now, until), now)
    if made.evse.station_id is not None:
        vouch(
            station_id=made.evse.station_id,
            token=stored,
            authorization_reference=authorization_reference,
            now=now,
        )
    return made


def _lock(evses: Sequence[Evse]) -> None:
    """In order: two that change places do not wait for each other."""
    pks = [evse.pk for evse in evses]
    list(Evse.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))


def _first(evses: Sequence[Evse], holder: Holder, window: TimeWindow, now: datetime) -> Reservation:
    """Raises what was refused at the last."""
    for evse in evses[:-1]:
        try:
            return reserve(evse=evse, holder=holder, window=window, now=now)
        except DomainError:
            continue  # taken meanwhile: the next may do
    return reserve(evse=evses[-1], holder=holder, window=window, now=now)
