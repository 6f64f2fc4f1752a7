"""`manage.py ocpi invite|partners|push|pull`: whom we roam with, what is owed to them, and their
tokens."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from cpms.management.operators import USAGE, OperatorCommand, Refused
from ocpi import selectors
from ocpi.enums import PartnerState
from ocpi.models import OwedPush, Partner, TokenPull
from ocpi.services import changes, partners, pulling, pushing, resync

POLL_S = 0.1


class Command(OperatorCommand):
    help = "Invite an eMSP, list the partners and what is owed to them, push it or pull now."
    examples = (
        "manage.py ocpi invite Roamer --country NL --party RMR",
        "manage.py ocpi partners --json",
        "manage.py ocpi push Roamer --full",
        "manage.py ocpi pull Roamer",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(
            dest="does", required=True, metavar="invite|partners|push|pull"
        )
        invite = does.add_parser("invite", help="register a partner; prints its token A, once")
        invite.add_argument("name", metavar="NAME")
        invite.add_argument("--country", metavar="NL", help="the only party that it may be:")
        invite.add_argument("--party", metavar="ABC", help="both or neither")
        listing = does.add_parser("partners", help="state of the partners and their outbox")
        push = does.add_parser("push", help="push what is owed, now")
        push.add_argument("name", metavar="PARTNER", help="the NAME of the invitation")
        push.add_argument("--full", action="store_true", help="everything, known or not")
        push.add_argument("--timeout", type=float, default=60.0, metavar="S", help="at most")
        pull = does.add_parser("pull", help="read the partner's tokens, now")
        pull.add_argument("name", metavar="PARTNER", help="the NAME of the invitation")
        pull.add_argument("--full", action="store_true", help="all of them, changed or not")
        for one in (invite, listing, push, pull):
            self.add_json(one)

    def run(self, **options: Any) -> None:
        getattr(self, f"_{options['does']}")(options)

    def _invite(self, options: dict[str, Any]) -> None:
        invitation = partners.invite(
            name=options["name"], party=_party(options), now=timezone.now()
        )
        self.print_json({"token_a": invitation.token_a, "versions_url": invitation.versions_url})

    def _partners(self, options: dict[str, Any]) -> None:
        rows = [_line(partner) for partner in selectors.partners_with_outbox()]
        if options["json"]:
            self.print_json(rows)
            return
        for row in rows:
            parties = " ".join(row["parties"]) or "-"
            self.stdout.write(
                f"{row['name']:<24} {row['state']:<10} {row['version'] or '-':<6} {parties:<16}"
                f" owed {row['owed']}, refused {row['refused']} {row['last_error']}"
            )

    def _push(self, options: dict[str, Any]) -> None:
        partner = selectors.partner_by_name(options["name"])
        if partner.state != PartnerState.CONNECTED:
            raise Refused(f"{partner.name} is {partner.get_state_display().lower()}.")
        now = timezone.now()
        changes.spread_changes(now=now)
        if options["full"]:
            resync.owe_everything(partner=partner, now=now)
        resync.hurry(partner=partner, now=now)
        delivered = _push_all(partner, options["timeout"])
        line = _line(selectors.partners_with_outbox().get(pk=partner.pk))
        result = {"partner": partner.name, "delivered": delivered}
        result |= {name: line[name] for name in ("owed", "refused", "last_error")}
        self.print_json(result)
        if result["owed"] or result["refused"]:
            raise Refused(f"Not everything was taken: {result['last_error']}")

    def _pull(self, options: dict[str, Any]) -> None:
        partner = selectors.partner_by_name(options["name"])
        if partner.state != PartnerState.CONNECTED:
            raise Refused(f"{partner.name} is {partner.get_state_display().lower()}.")
        pulling.ask_for_pull(partner=partner, now=timezone.now(), whole=options["full"])
        tokens = pulling.pull_tokens(partner_id=partner.pk)
        if tokens is None:
            raise Refused("The worker is at it; ask again in a moment.")
        state = TokenPull.objects.get(pk=partner.pk)
        result = {"partner": partner.name, "tokens": tokens, "refused": state.refused}
        self.print_json({**result, "last_error": state.last_error})
        if state.last_error:
            raise Refused(f"Not everything was read: {state.last_error}")


def _party(options: dict[str, Any]) -> tuple[str, str] | None:
    country, party = options["country"], options["party"]
    if country is None and party is None:
        return None
    shape = (len(country or ""), len(party or ""))
    if shape != (2, 3) or not f"{country}{party}".isalnum():
        raise CommandError("--country NL and --party ABC go together.", returncode=USAGE)
    return country, party


def _push_all(partner: Partner, longest_s: float) -> int:
    """Push until nothing is owed, the partner fails, or time is up. While the worker is at it,
    wait for it."""
    delivered, until = 0, time.monotonic() + longest_s
    owed = OwedPush.objects.filter(partner=partner, due_at__isnull=False)
    while owed.exists() and time.monotonic() < until:
        pushed = pushing.push_partner(partner_id=partner.pk)
        delivered += pushed or 0
        if pushed == 0 or Partner.objects.get(pk=partner.pk).retry_at is not None:
            break
        if pushed is None:
            time.sleep(POLL_S)
    return delivered


def _line(partner: Any) -> dict[str, Any]:
    return {
        "name": partner.name,
        "state": partner.state,
        "version": partner.version,
        "parties": [str(party) for party in partner.parties.all()],
        "clients": [str(client) for client in partner.clients.all()],
        "versions_url": partner.versions_url,
        "owed": partner.owed,
        "owed_since": partner.since,
        "refused": partner.refused,
        "failures": partner.failures,
        "retry_at": partner.retry_at,
        "last_error": partner.last_error,
        "last_success_at": partner.last_success_at,
    }
