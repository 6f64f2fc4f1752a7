"""Pages of static information and of what stations say."""

from accounts.permissions import ADMINISTER, OPERATE
from cpms.router import route
from stations.portal import hardware, log, onboarding, places, refusals

urlpatterns = [
    route("messages/", log.message_log, OPERATE, "messages"),
    route("refused-connections/", refusals.refusal_list, OPERATE, "refusals"),
    route("locations/add/", places.location_form, ADMINISTER, "location-add"),
    route("locations/<str:ocpi_id>/edit/", places.location_form, ADMINISTER, "location-edit"),
    route("locations/<str:ocpi_id>/remove/", places.location_remove, ADMINISTER, "location-remove"),
    route("stations/add/", hardware.station_add, ADMINISTER, "station-add"),
    route("stations/<str:identity>/edit/", hardware.station_edit, ADMINISTER, "station-edit"),
    route("stations/<str:identity>/remove/", hardware.station_remove, ADMINISTER, "station-remove"),
    route(
        "stations/<str:identity>/connect/", onboarding.onboarding, ADMINISTER, "station-onboarding"
    ),
    route("stations/<str:identity>/key/new/", onboarding.new_key, ADMINISTER, "station-new-key"),
    route("stations/<str:identity>/key/", onboarding.rotate_key, ADMINISTER, "station-rotate-key"),
    route("stations/<str:identity>/evses/add/", hardware.evse_form, ADMINISTER, "evse-add"),
    route("stations/<str:identity>/evses/<str:uid>/", hardware.evse_form, ADMINISTER, "evse-edit"),
    route(
        "stations/<str:identity>/evses/<str:uid>/remove/",
        hardware.evse_remove,
        ADMINISTER,
        "evse-remove",
    ),
]
