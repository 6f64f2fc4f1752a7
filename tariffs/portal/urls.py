"""Pages of tariffs."""

from accounts.permissions import CONFIGURE
from cpms.router import route
from tariffs.portal import views

urlpatterns = [
    route("tariffs/", views.tariff_list, CONFIGURE, "tariffs"),
    route("tariffs/add/", views.tariff_form, CONFIGURE, "tariff-add"),
    route("tariffs/<str:ocpi_id>/", views.tariff_form, CONFIGURE, "tariff-edit"),
]
