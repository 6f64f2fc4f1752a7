"""Pages of alerts: read by all staff, taken on by operators."""

from accounts.permissions import OPERATE
from alerts.portal import pages
from cpms.router import route

urlpatterns = [
    route("alerts/", pages.alert_list, OPERATE, "alerts"),
    route("alerts/<int:pk>/", pages.alert, OPERATE, "alert"),
    route("alerts/<int:pk>/hand-back/", pages.back, OPERATE, "alert-hand-back"),
]
