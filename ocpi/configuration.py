"""OCPI's configuration modules: versions, version details, credentials (2.2.1 §6, §7)."""

from django.conf import settings
from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from ocpi import ports
from ocpi.domain.bodies import without_nulls
from ocpi.errors import UnknownObject
from ocpi.selectors import may_be_hub
from ocpi.services import handshake
from ocpi.transport.envelope import answer
from ocpi.transport.views import OcpiView

FOR_HUBS = frozenset({"hubclientinfo"})


class ConfigurationView(OcpiView):
    """Open to who was invited, and without routing headers."""

    opens_to_invited, is_routed = True, False


class VersionsView(ConfigurationView):
    """The versions that we speak. Hubs use it to see whether we live: it reads no objects."""

    http_method_names = ["get"]

    def get(self, request: Request) -> Response:
        base = f"{settings.PUBLIC_URL}/ocpi"
        return answer(
            [{"version": version, "url": f"{base}/{version}"} for version in ports.editions()]
        )


class DetailsView(ConfigurationView):
    """The endpoints of one version."""

    http_method_names = ["get"]

    def get(self, request: Request, version: str) -> Response:
        edition = ports.editions().get(version)
        if edition is None:
            raise UnknownObject("We do not speak this version.")
        offered = edition.endpoints()
        if not may_be_hub(self.partner):
            offered = [one for one in offered if one["identifier"] not in FOR_HUBS]
        return answer({"version": version, "endpoints": offered})


class CredentialsView(ConfigurationView):
    """Registration in the version of the endpoint, renewal, its end."""

    http_method_names = ["get", "post", "put", "delete"]

    def get(self, request: Request, version: str) -> Response:
        return answer(handshake.credentials(self.caller.token))

    def post(self, request: Request, version: str) -> Response:
        body = without_nulls(request.data)
        credentials = handshake.register(
            row=self.caller.row, version=version, body=body, now=timezone.now()
        )
        return answer(credentials, http=status.HTTP_200_OK)

    def put(self, request: Request, version: str) -> Response:
        body = without_nulls(request.data)
        credentials = handshake.renew(
            row=self.caller.row, version=version, body=body, now=timezone.now()
        )
        return answer(credentials)

    def delete(self, request: Request, version: str) -> Response:
        handshake.unregister(row=self.caller.row)
        return answer()
