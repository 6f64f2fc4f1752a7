"""Which parties hubs reach (§15): we are the receiver, of hubs alone."""

from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from ocpi.domain.bodies import without_nulls
from ocpi.domain.datetimes import written
from ocpi.errors import InvalidParameter, UnknownObject
from ocpi.models import ClientInfo
from ocpi.selectors import is_hub
from ocpi.services.hubs import client_of, keep_client, with_time
from ocpi.transport.envelope import answer
from ocpi.transport.views import OcpiView
from stations.schemas import faults_in

Json = dict[str, Any]


class ClientInfoView(OcpiView):
    """One party behind the hub that calls. A configuration module: no routing headers."""

    http_method_names = ["get", "put"]
    is_routed = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not is_hub(self.partner):
            raise UnknownObject("This module is for hubs.")

    def get(self, request: Request, country_code: str, party_id: str) -> Response:
        found = ClientInfo.objects.filter(
            hub=self.partner, country_code__iexact=country_code, party_id__iexact=party_id
        ).first()
        if found is None:
            raise UnknownObject
        return answer(client_info_object(found))

    def put(self, request: Request, country_code: str, party_id: str) -> Response:
        now = timezone.now()
        body = with_time(without_nulls(request.data), now)
        if faults := faults_in("ClientInfo", body):
            raise InvalidParameter("; ".join(faults))
        told = client_of(body, now)
        if told.key != (country_code.upper(), party_id.upper()):
            raise InvalidParameter("The URL names another party than the object.")
        is_new = keep_client(hub=self.partner, told=told, now=now)
        return answer(http=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


def client_info_object(client: ClientInfo) -> Json:
    """A ClientInfo (§15.4.1)."""
    return {
        "country_code": client.country_code,
        "party_id": client.party_id,
        "role": client.role,
        "status": client.status,
        "last_updated": written(client.last_updated),
    }
