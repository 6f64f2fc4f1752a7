"""Every route, by its door."""

from django.urls import include, path

urlpatterns = [
    path("", include("cpms.health")),
    path("api/v1/", include("cpms.api.v1")),
    path("ocpi/", include("ocpi.urls")),
    path("", include("dso.urls")),
    path("", include("cpms.portal.urls")),
]

handler400 = "cpms.portal.views.errors.bad_request"
handler403 = "cpms.portal.views.errors.forbidden"
handler404 = "cpms.portal.views.errors.not_found"
handler429 = "cpms.portal.views.errors.too_many_requests"  # allauth asks for it
handler500 = "cpms.portal.views.errors.server_error"
