"""Every route of `/ocpi/cpo/2.3.0/`, with and without a trailing slash."""

from ocpi.v221.urls import routes
from ocpi.v230.edition import VERSION

urlpatterns = routes(version=VERSION)
