"""Every page of the portal. Each route says who may call it."""

from django.urls import include, path

from accounts.permissions import OPERATE, PUBLIC
from cpms.portal.views import network, public, station
from cpms.router import route

urlpatterns = [
    route("", network.overview, OPERATE, "overview"),
    route("search/", network.search, OPERATE, "search"),
    route("pick-location/", network.picker, OPERATE, "picker"),
    route("public/<str:ocpi_id>/", public.page, PUBLIC, "public-location"),
    route("public/<str:ocpi_id>/badge.svg", public.badge, PUBLIC, "public-badge"),
    path("", include("alerts.portal.urls")),
    path("", include("stations.portal.urls")),
    path("", include("booking.portal.urls")),
    path("", include("tariffs.portal.urls")),
    path("", include("energy.portal.urls")),
    path("", include("ocpi.portal.urls")),
    path("", include("dso.portal.urls")),
    path("", include("accounts.portal.urls")),
    route("locations/", network.locations, OPERATE, "locations"),
    route("locations/<str:ocpi_id>/", network.location, OPERATE, "location"),
    route("stations/", network.station_list, OPERATE, "stations"),
    route("stations/<str:identity>/", station.station, OPERATE, "station"),
    route("stations/<str:identity>/command/", station.command, OPERATE, "station-command"),
    route("evses/<str:uid>/start/", station.start, OPERATE, "evse-start"),
    route("evses/<str:uid>/stop/", station.stop, OPERATE, "evse-stop"),
    route("evses/<str:uid>/unlock/", station.unlock, OPERATE, "evse-unlock"),
    route("evses/<str:uid>/availability/", station.availability, OPERATE, "evse-availability"),
]
