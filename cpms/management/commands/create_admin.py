"""`manage.py create_admin`: somebody who can log in and do everything."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from accounts import services
from cpms.management.operators import OperatorCommand


class Command(OperatorCommand):
    help = "Make an administrator, or give an existing user this password and that role."
    examples = (
        "manage.py create_admin --email ann@example.com --password 'a long one'",
        "manage.py create_admin --email ann@example.com --password 'a long one' --token",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True, help="the address to log in with")
        parser.add_argument("--password", required=True, help="at least 9 characters")
        parser.add_argument("--token", action="store_true", help="print only a new API token")
        self.add_json(parser)

    def run(self, **options: Any) -> None:
        now = timezone.now()
        user = services.save_administrator(
            email=options["email"], password=options["password"], now=now
        )
        text = None
        if options["token"]:
            name = "manage.py create_admin"
            _, text = services.issue_token(user=user, name=name, now=now)
        if options["json"]:
            self.print_json({"email": user.email, "token": text})
        else:
            self.stdout.write(text or f"{user.email} is an administrator.")
