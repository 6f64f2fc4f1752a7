import json
import os
import subprocess
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return self.err.splitlines()


@pytest.fixture
def command(db, capsys):
    """An operator's command in this process: its exit code and what it printed."""

    def run(*words):
        code = 0
        try:
            call_command(*map(str, words))
        except SystemExit as end:
            code = end.code
        except CommandError as refusal:  # manage.py ends with it
            code = refusal.returncode
            sys.stderr.write(str(refusal))
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run


def manage(*words, stdin=None, **environment):
    """`manage.py …` as an operator runs it, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "manage.py", *map(str, words)],
        env={**os.environ, "DATABASE_URL": url_of_test_database(), **environment},
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in outcome.out + outcome.err
    return outcome


def url_of_test_database():
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
