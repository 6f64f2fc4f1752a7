"""How partners read: their states, and what to do where a step of a handshake fails."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from ocpi.enums import Circuit, ConnectionStatus, PartnerState, Step, StepState
from stations.domain.shown import Shown

STATES = {
    PartnerState.INVITED: Shown(gettext_noop("Invited"), "clock", "info"),
    PartnerState.CONNECTED: Shown(gettext_noop("Connected"), "plug-connected", "ok"),
    PartnerState.SUSPENDED: Shown(gettext_noop("Suspended"), "player-stop", "warn"),
    PartnerState.GONE: Shown(gettext_noop("Left"), "x", "grey"),
}
CIRCUITS = {
    Circuit.CLOSED: STATES[PartnerState.CONNECTED],
    Circuit.UNSTEADY: Shown(gettext_noop("Some failures"), "alert-triangle", "warn"),
    Circuit.OPEN: Shown(gettext_noop("Not reached"), "wifi-off", "bad"),
    Circuit.HALF_OPEN: Shown(gettext_noop("Trying"), "refresh", "warn"),
}
CLIENTS = {
    ConnectionStatus.CONNECTED: Shown(gettext_noop("Connected"), "plug-connected", "ok"),
    ConnectionStatus.OFFLINE: Shown(gettext_noop("Offline"), "wifi-off", "warn"),
    ConnectionStatus.PLANNED: Shown(gettext_noop("Planned"), "clock", "info"),
    ConnectionStatus.SUSPENDED: Shown(gettext_noop("Suspended"), "player-stop", "warn"),
}
STEP_STATES = {
    StepState.WAITING: Shown(gettext_noop("Waiting"), "clock", "grey"),
    StepState.RUNNING: Shown(gettext_noop("Checking…"), "refresh", "info"),
    StepState.PASSED: Shown(gettext_noop("Passed"), "circle-check", "ok"),
    StepState.FAILED: Shown(gettext_noop("Failed"), "alert-circle", "bad"),
}
ADVICE = {
    Step.VERSIONS: _(
        "Check that URL and token are as the partner sent them, and ask whether the token is still"
        " valid. An address that is private or without TLS must stand in CPMS_EGRESS_ALLOW."
    ),
    Step.VERSION: _("Ask the partner to offer OCPI 2.2.1 or 2.3.0 at this URL."),
    Step.ENDPOINTS: _("Ask the partner to list its credentials endpoint in its version details."),
    Step.REGISTER: _(
        "The partner answered and refused. It must be able to reach our address from outside; what"
        " it said is in the messages below."
    ),
    Step.RENEW: _(
        "The old tokens stay valid. What the partner said is in the messages below; try again"
        " later."
    ),
    Step.CREDENTIALS: _(
        "The partner names a party that it was not invited as, or that another partner has. Invite"
        " it with the right country code and party id."
    ),
    Step.VERIFY: _(
        "The token that came back opens nothing. Ask the partner whether it stored the"
        " registration; it may have to delete it before you try again."
    ),
}
