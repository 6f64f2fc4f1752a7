"""Reservations over REST: holds from now on and bookings of later windows."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import valid, who
from accounts.permissions import OPERATE
from booking import selectors, services
from booking.api import reservation_shapes as shapes
from booking.api.filters import ReservationFilter
from booking.domain.reserving import Holder
from booking.enums import CanceledBy
from booking.errors import UnknownReservation
from booking.models import Reservation
from cpms.kernel.windows import TimeWindow
from stations.selectors import evse_by_uid, location_by_id

LARGEST_KEY = 2**31 - 1


class ReservationViewSet(ListModelMixin, GenericViewSet[Reservation]):
    """An EVSE promised to a driver for a time (OCPI Booking, OCPP reservation)."""

    rule = OPERATE
    serializer_class = shapes.ReservationOut
    queryset = selectors.reservations()
    filterset_class = ReservationFilter
    orderings = {"starts_at": "starts_at", "last_updated": "last_updated", "id": "pk"}
    ordering = ("-starts_at", "-pk")
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9]{1,20}"

    @extend_schema(responses=shapes.ReservationOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(shapes.ReservationOut(_reservation(id)).data)

    @extend_schema(request=shapes.ReservationIn, responses={201: shapes.ReservationOut})
    def create(self, request: Request) -> Response:
        """Reserve; a station that is connected is asked to hold what starts now."""
        now = timezone.now()
        fields = valid(shapes.ReservationIn(data=request.data))
        terms: dict[str, Any] = {
            "holder": Holder(id_token=fields["id_token"]),
            "window": TimeWindow(fields.get("starts_at", now), fields["ends_at"]),
            "now": now,
            "issued_by": who(request),
        }
        if "evse_uid" in fields:
            made = services.reserve(evse=evse_by_uid(fields["evse_uid"]), **terms)
        else:
            made = services.reserve_any(
                location=location_by_id(fields["location_id"]),
                connector_standard=fields["connector_standard"],
                **terms,
            )
        shown = selectors.reservation_by_id(made.pk)
        return Response(shapes.ReservationOut(shown).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.WindowIn(partial=True), responses=shapes.ReservationOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Another window, at the same EVSE."""
        reservation = _reservation(id)
        fields = valid(shapes.WindowIn(data=request.data, partial=True))
        starts_at: datetime = fields.get("starts_at", reservation.starts_at)
        services.change_reservation(
            reservation=reservation,
            window=TimeWindow(starts_at, fields.get("ends_at", reservation.ends_at)),
            now=timezone.now(),
        )
        return Response(shapes.ReservationOut(selectors.reservation_by_id(reservation.pk)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Cancel it, by the CPO: nothing is charged."""
        services.cancel_reservation(
            reservation=_reservation(id), by=CanceledBy.CPO, now=timezone.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


def _reservation(text: str) -> Reservation:
    """Raises UnknownReservation, also for what is beyond every key."""
    if int(text) > LARGEST_KEY:
        raise UnknownReservation(id=text)
    return selectors.reservation_by_id(int(text))
