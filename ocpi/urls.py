"""Every route of the roaming edge. A trailing slash may follow each; there are no redirects."""

from django.urls import include, re_path

from ocpi import configuration
from ocpi.transport.views import NothingHere

urlpatterns = [
    re_path(r"^versions/?$", configuration.VersionsView.as_view()),
    re_path(r"^(?P<version>\d+(?:\.\d+)+)/?$", configuration.DetailsView.as_view()),
    re_path(
        r"^cpo/(?P<version>2\.2\.1|2\.3\.0)/credentials/?$",
        configuration.CredentialsView.as_view(),
    ),
    re_path(r"^cpo/2\.2\.1/", include("ocpi.v221.urls")),
    re_path(r"^cpo/2\.3\.0/", include("ocpi.v230.urls")),
    re_path("", NothingHere.as_view()),
]
