"""Pages of alerts: read by all staff, taken on by operators."""

from accounts.permissions import ADMINISTER, OPERATE, OWN
from alerts.portal import pages, rules
from cpms.router import route

urlpatterns = [
    route("alerts/", pages.alert_list, OPERATE, "alerts"),
    route("alerts/<int:pk>/", pages.alert, OPERATE, "alert"),
    route("alerts/<int:pk>/hand-back/", pages.back, OPERATE, "alert-hand-back"),
    route("alerts/rules/", rules.rule_list, OPERATE, "alert-rules"),
    route("alerts/rules/add/", rules.rule_form, ADMINISTER, "alert-rule-add"),
    route("alerts/rules/<int:pk>/", rules.rule_form, ADMINISTER, "alert-rule-edit"),
    route("alerts/rules/<int:pk>/remove/", rules.rule_remove, ADMINISTER, "alert-rule-remove"),
    route("alerts/rules/<int:pk>/subscribe/", rules.subscribe, OWN, "alert-rule-subscribe"),
    route("webhooks/add/", rules.webhook_add, ADMINISTER, "webhook-add"),
    route("webhooks/<int:pk>/", rules.webhook, ADMINISTER, "webhook"),
    route("webhooks/<int:pk>/edit/", rules.webhook_edit, ADMINISTER, "webhook-edit"),
    route("webhooks/<int:pk>/remove/", rules.webhook_remove, ADMINISTER, "webhook-remove"),
    route("webhooks/<int:pk>/test/", rules.webhook_test, ADMINISTER, "webhook-test"),
    route("webhooks/<int:pk>/secret/", rules.webhook_secret, ADMINISTER, "webhook-secret"),
    route("webhooks/<int:pk>/switch/", rules.webhook_switch, ADMINISTER, "webhook-switch"),
]
