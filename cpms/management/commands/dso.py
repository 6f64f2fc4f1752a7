"""`manage.py dso poll [NAME]`: read grid operators and price feeds now, as beat does."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from cpms.kernel.errors import DomainError
from cpms.management.operators import OperatorCommand, Refused
from dso import selectors
from dso.models import Dso, PriceFeed
from dso.services import feeds, polling, sending


class Command(OperatorCommand):
    help = (
        "Grid operators: read what VTNs (OpenADR 3) and price feeds have now, and send what is "
        "owed to OSCP peers. Exit code 1 when one of them failed; what was said before holds."
    )
    examples = ("manage.py dso poll", "manage.py dso poll Grid --json")

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does", required=True, metavar="poll")
        poll = does.add_parser("poll", help="read them now")
        poll.add_argument("name", metavar="NAME", nargs="?", help="of one DSO (else all)")
        self.add_json(poll)

    def run(self, **options: Any) -> None:
        name = options["name"]
        chosen = [selectors.dso_by_name(name)] if name else list(selectors.dsos())
        lines = [_polled(dso) for dso in chosen]
        lines += [] if name else [_fed(feed) for feed in selectors.feeds()]
        if options["json"]:
            self.print_json(lines)
        else:
            for line in lines:
                self.stdout.write(
                    f"{line['name']:<24} {line['state']:<10} limits {line['limits']},"
                    f" prices {line['prices']} {line['error']}".rstrip()
                )
        failed = [f"{line['name']}: {line['error']}" for line in lines if line["error"]]
        if failed:
            raise Refused(*failed)


def _polled(dso: Dso) -> dict[str, Any]:
    limits, prices, error, refused = 0, 0, "", list[str]()
    try:
        if dso.is_openadr:
            reading = polling.poll(dso_id=dso.pk)
            limits, prices, refused = len(reading.limits), len(reading.prices), reading.refused
        else:
            sending.send_owed(dso_id=dso.pk)
    except DomainError as failure:
        error = failure.text
    dso.refresh_from_db()
    return {
        "name": dso.name, "protocol": dso.protocol, "state": dso.state, "alarm": dso.alarm,
        "limits": limits, "prices": prices, "refused": refused,
        "last_heard_at": dso.last_heard_at, "error": error,
    }  # fmt: skip


def _fed(feed: PriceFeed) -> dict[str, Any]:
    is_read = feeds.read_feed(feed=feed, now=timezone.now())
    return {
        "name": feed.price_list.name, "protocol": "ENTSO-E", "state": "stale" if feed.is_stale else "fresh",
        "alarm": "stale" if feed.is_stale else "", "limits": 0,
        "prices": int(is_read), "refused": [], "last_heard_at": feed.last_success_at,
        "error": feed.last_error,
    }  # fmt: skip
