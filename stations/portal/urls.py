"""Pages of static information and of what stations say."""

from accounts.permissions import ADMINISTER, OPERATE
from cpms.router import route
from stations.portal import log, places

urlpatterns = [
    route("messages/", log.message_log, OPERATE, "messages"),
    route("locations/add/", places.location_form, ADMINISTER, "location-add"),
    route("locations/<str:ocpi_id>/edit/", places.location_form, ADMINISTER, "location-edit"),
    route("stations/add/", places.station_add, ADMINISTER, "station-add"),
    route("stations/<str:identity>/edit/", places.station_edit, ADMINISTER, "station-edit"),
    route("stations/<str:identity>/connect/", places.onboarding, ADMINISTER, "station-onboarding"),
    route("stations/<str:identity>/key/new/", places.new_key, ADMINISTER, "station-new-key"),
    route("stations/<str:identity>/key/", places.rotate_key, ADMINISTER, "station-rotate-key"),
    route("stations/<str:identity>/evses/add/", places.evse_form, ADMINISTER, "evse-add"),
    route("stations/<str:identity>/evses/<str:uid>/", places.evse_form, ADMINISTER, "evse-edit"),
]
