"""The doors of the grid operators' edge. A trailing slash may follow each."""

from accounts.permissions import PROTOCOL
from cpms.router import route
from dso.transport import notifications, oscp

urlpatterns = [
    route("oscp/fp/2.0/<path:action>", oscp.message, PROTOCOL, "oscp-message"),
    route("openadr/notifications/<int:dso_id>", notifications.notification, PROTOCOL),
    route("openadr/notifications/<int:dso_id>/", notifications.notification, PROTOCOL),
    route("openadr/notifications/<int:dso_id>/echo", notifications.notification, PROTOCOL),
]
