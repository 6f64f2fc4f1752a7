"""Pages of grid operators: read by all staff, kept by administrators."""

from accounts.permissions import ADMINISTER, OPERATE
from cpms.router import route
from dso.portal import actions, pages

urlpatterns = [
    route("dsos/", pages.dso_list, OPERATE, "dsos"),
    route("dsos/add/", actions.dso_add, ADMINISTER, "dso-add"),
    route("dsos/feeds/add/", actions.feed_add, ADMINISTER, "price-feed-add"),
    route("dsos/<int:pk>/", pages.dso, OPERATE, "dso"),
    route("dsos/<int:pk>/poll/", actions.poll, OPERATE, "dso-poll"),
    route("dsos/<int:pk>/handshake/", actions.handshake, ADMINISTER, "dso-handshake"),
    route("dsos/<int:pk>/sources/add/", actions.link_add, ADMINISTER, "dso-link"),
    route("dsos/<int:pk>/sources/<int:link>/remove/", actions.unlink, ADMINISTER, "dso-unlink"),
    route("dsos/<int:pk>/suspend/", actions.suspend, ADMINISTER, "dso-suspend"),
    route("dsos/<int:pk>/resume/", actions.resume, ADMINISTER, "dso-resume"),
    route("dsos/<int:pk>/remove/", actions.remove, ADMINISTER, "dso-remove"),
]
