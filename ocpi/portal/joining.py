"""How a partner joins: either registers with us on an invitation, or we register with it. Each
check is shown as it passes or fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cpms.kernel.errors import DomainError
from cpms.languages import told
from ocpi import selectors
from ocpi.enums import Direction, PartnerState, Step, StepState, TokenKind
from ocpi.models import Handshake, OcpiMessage, Partner
from ocpi.portal.forms import AccessForm, ConnectForm, InviteForm
from ocpi.portal.pages import line_of
from ocpi.portal.words import ADVICE, STEP_STATES
from ocpi.services import partners, watching
from stations.domain.shown import Shown

TOKEN_ONCE = "new-partner-token"  # noqa: S105 -- the name of a session entry
MOST_STRANGERS = 3
LATEST = 6


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as people read it; `note` is why it failed, `advice` what to do."""

    label: str
    state: Shown
    note: str = ""
    advice: Any = ""


def partner_add(request: HttpRequest) -> HttpResponse:
    """Which way round, and whom."""
    how = request.POST.get("how", "")
    invite = InviteForm(request.POST if how == "invite" else None, prefix="invite")
    connect = ConnectForm(request.POST if how == "connect" else None, prefix="connect")
    form = {"invite": invite, "connect": connect}.get(how)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            invitation = partners.invite(now=timezone.now(), **form.whom)
            if form is invite:
                request.session[TOKEN_ONCE] = {str(invitation.partner.pk): invitation.token_a}
            else:
                _begin(invitation.partner, form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, told(refusal))
        else:
            return redirect("partner-joining", pk=invitation.partner.pk)
    facts = {"invite": invite, "connect": connect, "form": form}
    return render(request, "ocpi/partner_add.html", facts)


def _begin(partner: Partner, fields: Mapping[str, Any]) -> None:
    row, work = watching.connect(
        partner=partner,
        token_a=fields["token_a"],
        url=fields["versions_url"],
        now=timezone.now(),
    )
    watching.in_background(row, work)


def joining(request: HttpRequest, pk: int) -> HttpResponse:
    """What to hand over, and how far it is; or another try to register with the partner."""
    form = AccessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _begin(selectors.partner_by_id(pk), form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, told(refusal))
        else:
            return redirect("partner-joining", pk=pk)
    facts = joining_facts(pk, timezone.now())
    shown: dict[str, str] = request.session.get(TOKEN_ONCE) or {}
    token = shown.get(str(pk))
    request.session.pop(TOKEN_ONCE, None)
    facts |= {
        "form": form,
        "token_a": token,
        "our_url": partners.versions_url(),
        "can_be_invited": facts["partner"].state in (PartnerState.INVITED, PartnerState.GONE),
        "live": urlencode({"view": "partner-joining", "partner": pk}),
    }
    return render(request, "ocpi/joining.html", facts)


def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """A new token A; the one before opens nothing any more."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    partner = selectors.partner_by_id(pk)
    try:
        invitation = partners.invite(name=partner.name, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, told(refusal))
        return redirect("partner", pk=pk)
    request.session[TOKEN_ONCE] = {str(pk): invitation.token_a}
    return redirect("partner-joining", pk=pk)


def joining_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = joining_facts(int(params.get("partner", "")), datetime.now(UTC))
    return {
        "live-partner_head": render_to_string("ocpi/_partner_head.html", facts),
        "live-joining": render_to_string("ocpi/_joining.html", facts),
    }


def joining_facts(pk: int, now: datetime) -> dict[str, Any]:
    """Raises UnknownPartner."""
    partner = selectors.partner_by_id(pk)
    handshake = partner.handshakes.first()
    invitation = partner.tokens.filter(kind=TokenKind.INVITATION).order_by("-pk").first()
    since = invitation.created_at if invitation else partner.created_at
    return {
        "now": now,
        "partner": partner,
        "parties": list(partner.parties.all()),
        "line": line_of(partner, now),
        "is_connected": partner.state == PartnerState.CONNECTED,
        "handshake": handshake,
        "invitation": invitation,
        "steps": steps_of(handshake) if handshake else _steps_of_theirs(partner, since),
        "exchanges": selectors.messages().filter(partner_id=pk, at__gte=since)[:LATEST],
        "strangers": selectors.messages().filter(
            partner_id=None, at__gte=since, direction=Direction.IN
        )[:MOST_STRANGERS],
    }


def steps_of(handshake: Handshake) -> list[StepLine]:
    """The checks of a handshake that we began."""
    return [
        StepLine(
            label=str(Step(entry["name"]).label),
            state=STEP_STATES[StepState(entry["state"])],
            note=entry["note"],
            advice=ADVICE[Step(entry["name"])] if entry["state"] == StepState.FAILED else "",
        )
        for entry in handshake.steps
    ]


def _steps_of_theirs(partner: Partner, since: datetime) -> list[StepLine]:
    """How far a partner is that registers with us, by what it asked."""
    asked = selectors.messages().filter(partner_id=partner.pk, at__gte=since)
    came = asked.filter(direction=Direction.IN)
    posted = came.filter(method="POST", module="credentials").first()
    is_connected = partner.state == PartnerState.CONNECTED
    has_come = is_connected or came.exists()
    waiting, running = STEP_STATES[StepState.WAITING], STEP_STATES[StepState.RUNNING]
    passed, failed = STEP_STATES[StepState.PASSED], STEP_STATES[StepState.FAILED]
    refused = posted is not None and posted.is_fault and not is_connected
    return [
        StepLine(_("They were invited"), passed),
        StepLine(_("They read our versions with token A"), passed if has_come else waiting),
        StepLine(
            _("They send their credentials, and we can use their API with them"),
            passed if is_connected else failed if refused else running if has_come else waiting,
            note=_said(posted) if refused and posted else "",
            advice=_("What they sent and what we answered is below; the invitation stays valid.")
            if refused
            else "",
        ),
        StepLine(_("Both have a token; roaming begins"), passed if is_connected else waiting),
    ]


def _said(message: OcpiMessage) -> str:
    """The reason that we gave."""
    _before, _mark, rest = message.answer.partition('"status_message": "')
    return rest.partition('"')[0]
