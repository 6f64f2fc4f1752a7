"""Handshakes that the operator begins and watches: each step is written down as it goes."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cpms.kernel import events
from cpms.kernel.errors import DomainError
from ocpi.enums import HandshakeKind, PartnerState, Step, StepState
from ocpi.errors import HandshakeRunning, PartnerExists, PartnerNotConnected
from ocpi.events import PartnerChanged
from ocpi.models import Handshake, Partner
from ocpi.services import handshake as handshakes
from ocpi.services.steps import watched

log = logging.getLogger(__name__)

LONGEST = timedelta(minutes=3)  # ten requests, each as slow as may be
CONNECT_STEPS = (
    Step.VERSIONS, Step.VERSION, Step.ENDPOINTS, Step.REGISTER, Step.CREDENTIALS, Step.VERIFY,
)  # fmt: skip
ROTATE_STEPS = (Step.RENEW, Step.CREDENTIALS, Step.VERIFY)

Work = Callable[[], None]


def connect(*, partner: Partner, token_a: str, url: str, now: datetime) -> tuple[Handshake, Work]:
    """A registration at a partner that gave us token A and its versions URL: what to watch, and
    what does it, outside of any transaction. Raises PartnerExists or HandshakeRunning."""
    if partner.state not in (PartnerState.INVITED, PartnerState.GONE):
        raise PartnerExists(name=partner.name)
    row = _begin(partner, HandshakeKind.CONNECT, CONNECT_STEPS, now, url)
    return row, lambda: _run(
        row,
        lambda: handshakes.connect(partner=partner, token_a=token_a, url=url, now=timezone.now()),
    )


def rotate(*, partner: Partner, now: datetime) -> tuple[Handshake, Work]:
    """New tokens, both ways. Raises PartnerNotConnected or HandshakeRunning."""
    if partner.state != PartnerState.CONNECTED:
        raise PartnerNotConnected(name=partner.name)
    row = _begin(partner, HandshakeKind.ROTATE, ROTATE_STEPS, now)
    return row, lambda: _run(row, lambda: handshakes.rotate(partner=partner, now=timezone.now()))


def in_background(row: Handshake, work: Work) -> None:
    """Do it beside whoever asked. If the process dies, the row says so after a while."""

    def run() -> None:
        try:
            work()
        except DomainError as refusal:
            log.info("handshake refused", extra={"reason": refusal.text})
        except Exception:  # a thread has nobody above it
            log.exception("handshake failed", extra={"handshake_id": row.pk})
        finally:
            connection.close()

    threading.Thread(target=run, name=f"ocpi-handshake-{row.pk}", daemon=True).start()


def _begin(
    partner: Partner, kind: HandshakeKind, steps: tuple[Step, ...], now: datetime, url: str = ""
) -> Handshake:
    end_interrupted(now=now)
    waiting = [{"name": name, "state": StepState.WAITING, "note": ""} for name in steps]
    try:
        with transaction.atomic():
            row = Handshake.objects.create(
                partner=partner, kind=kind, url=url, steps=waiting, started_at=now
            )
            events.publish(PartnerChanged(partner.pk))
    except IntegrityError as refusal:
        raise HandshakeRunning(name=partner.name) from refusal
    return row


def end_interrupted(*, now: datetime) -> int:
    """End what a process that died left running."""
    return Handshake.objects.filter(ended_at=None, started_at__lt=now - LONGEST).update(
        ended_at=now, error_code="interrupted", error="It was interrupted. Try again."
    )


def _run(row: Handshake, work: Work) -> None:
    """Do it, writing down each step. Raises what it raises."""

    def tell(name: Step, state: StepState, note: str) -> None:
        for entry in row.steps:
            if entry["name"] == name:
                entry |= {"state": state, "note": note[:500]}
        row.save(update_fields=["steps"])
        events.publish(PartnerChanged(row.partner_id))

    try:
        with watched(tell):
            work()
    except DomainError as refusal:
        _end(row, refusal.code, refusal.text)
        raise
    except Exception:  # whoever watches must not wait for ever; it goes on upwards
        _end(row, "failed", "Something failed on our side.")
        raise
    _end(row)


def _end(row: Handshake, code: str = "", error: str = "") -> None:
    row.ended_at, row.error_code, row.error = timezone.now(), code, error[:500]
    row.save(update_fields=["ended_at", "error_code", "error"])
    events.publish(PartnerChanged(row.partner_id))
