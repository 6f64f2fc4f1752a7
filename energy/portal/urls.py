"""Pages of energy."""

from accounts.permissions import ADMINISTER, CONFIGURE
from cpms.router import route
from energy.portal import batteries

urlpatterns = [
    route("batteries/", batteries.battery_list, CONFIGURE, "batteries"),
    route("batteries/add/", batteries.battery_form, ADMINISTER, "battery-add"),
    route("batteries/<int:pk>/edit/", batteries.battery_form, ADMINISTER, "battery-edit"),
    route("batteries/<int:pk>/remove/", batteries.battery_remove, ADMINISTER, "battery-remove"),
]
