"""Pages of roaming partners: read by all staff; secrets are for administrators."""

from accounts.permissions import ADMINISTER, OPERATE
from cpms.router import route
from ocpi.portal import actions, joining, log, pages

urlpatterns = [
    route("ocpi-messages/", log.message_log, OPERATE, "ocpi-messages"),
    route("partners/", pages.partner_list, OPERATE, "partners"),
    route("partners/add/", joining.partner_add, ADMINISTER, "partner-add"),
    route("partners/<int:pk>/", pages.partner, OPERATE, "partner"),
    route("partners/<int:pk>/joining/", joining.joining, ADMINISTER, "partner-joining"),
    route("partners/<int:pk>/invite/", joining.invite, ADMINISTER, "partner-invite"),
    route("partners/<int:pk>/push/", actions.push, OPERATE, "partner-push"),
    route("partners/<int:pk>/pull/", actions.pull, OPERATE, "partner-pull"),
    route("partners/<int:pk>/suspend/", actions.suspend, ADMINISTER, "partner-suspend"),
    route("partners/<int:pk>/resume/", actions.resume, ADMINISTER, "partner-resume"),
    route("partners/<int:pk>/rotate/", actions.rotate, ADMINISTER, "partner-rotate"),
    route("partners/<int:pk>/policy/", actions.policy, ADMINISTER, "partner-policy"),
    route("partners/<int:pk>/remove/", actions.remove, ADMINISTER, "partner-remove"),
]
