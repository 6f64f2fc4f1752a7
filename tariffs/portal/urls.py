"""Pages of tariffs."""

from accounts.permissions import ADMINISTER, CONFIGURE
from cpms.router import route
from tariffs.portal import views

urlpatterns = [
    route("tariffs/", views.tariff_list, CONFIGURE, "tariffs"),
    route("tariffs/add/", views.tariff_add, ADMINISTER, "tariff-add"),
    route("tariffs/<str:ocpi_id>/", views.tariff_edit, ADMINISTER, "tariff-edit"),
]
