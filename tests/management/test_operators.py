"""What holds for every one of the operators' commands."""

import os
import subprocess
import sys

import pytest

from cpms.management.operators import OperatorCommand, Refused
from tests.management.conftest import manage

PASSWORD = "correct horse battery"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        ["create_admin"],
        ["fleet"],
        ["fleet", "import"],
        ["fleet", "export"],
        ["station"],
        ["station", "list"],
        ["station", "show"],
        ["station", "call"],
        ["simulate"],
        ["doctor"],
    ],
)
def test_every_command_has_help(words, capsys):
    from django.core.management import load_command_class  # noqa: PLC0415 -- app ready

    command = load_command_class("cpms", words[0])
    with pytest.raises(SystemExit) as end:
        command.run_from_argv(["manage.py", *words, "--help"])

    printed = capsys.readouterr()
    assert (end.value.code, printed.err) == (0, "")
    assert printed.out.startswith(f"usage: manage.py {' '.join(words)}")
    assert len(words) > 1 or "\nexamples:\n" in printed.out


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "words",
    [
        ["create_admin"],
        ["create_admin", "--email", "a@example.com"],
        ["create_admin", "--email", "a@example.com", "--password", PASSWORD, "--what"],
        ["fleet"],
        ["fleet", "import"],
        ["fleet", "delete", "x"],
        ["station"],
        ["station", "show"],
        ["station", "call", "CP001", "Reset"],
        ["station", "call", "CP001", "Reset", "{}", "--timeout", "0"],
        ["station", "call", "CP001", "Reset", "{}", "--timeout", "nan"],
        ["station", "call", "CP001", "Reset", "{"],
        ["station", "call", "CP001", "Reset", "[" * 100_000 + "]" * 100_000],
        ["simulate", "--stations", "0"],
        ["simulate", "--scenario", "unheard-of"],
        ["simulate", "--url", "ftp://example.com"],
        ["doctor", "--what"],
    ],
)
def test_wrong_usage_ends_with_2(words, command, capsys):
    from django.core.management import load_command_class  # noqa: PLC0415 -- app ready

    with pytest.raises(SystemExit) as end:
        load_command_class("cpms", words[0]).run_from_argv(["manage.py", *words])

    printed = capsys.readouterr()
    assert (end.value.code, printed.out) == (2, "")
    assert printed.err
    assert "Traceback" not in printed.err


@pytest.mark.django_db(transaction=True)
def test_without_a_database_one_line_says_so():
    outcome = manage("station", "list", DATABASE_URL="postgresql://nobody@127.0.0.1:9/nowhere")

    assert (outcome.code, outcome.out, len(outcome.lines)) == (1, "", 1)
    assert outcome.err.startswith("The database refused or does not answer: ")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://root@127.0.0.1/cpms"),
        ("DATABASE_URL", "postgresql://127.0.0.1"),
        ("CPMS_PORT", "many"),
    ],
)
def test_a_wrong_setting_ends_the_command_with_a_line_that_names_it(variable, value):
    outcome = manage("station", "list", **{variable: value})

    assert (outcome.code, outcome.out, len(outcome.lines)) == (1, "", 1)
    assert variable in outcome.err


class Command(OperatorCommand):
    def __init__(self, fault):
        super().__init__()
        self.fault = fault

    def run(self, **options):
        raise self.fault


@pytest.mark.parametrize(
    ("fault", "lines"),
    [
        (Refused("one", "two"), ["one", "two"]),
        (KeyboardInterrupt(), ["Interrupted."]),
    ],
)
def test_a_refusal_is_a_line_for_each_reason(fault, lines, capsys):
    with pytest.raises(SystemExit) as end:
        Command(fault).handle()

    assert (end.value.code, capsys.readouterr().err.splitlines()) == (1, lines)


def test_when_nobody_reads_on_it_ends_in_silence():
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "manage.py", "simulate", "--list-scenarios"],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_fault_of_ours_is_kept_for_who_mends_it(settings, tmp_path, capsys):
    settings.DATA_DIR = tmp_path

    with pytest.raises(SystemExit) as end:
        Command(ZeroDivisionError("by zero")).handle()

    log = tmp_path / "logs" / "manage.log"
    assert (end.value.code, capsys.readouterr().err) == (
        1,
        f"This is a fault of ours: ZeroDivisionError('by zero'); see {log}\n",
    )
    assert log.read_text().startswith("Traceback")


def test_a_fault_that_cannot_be_kept_is_still_one_line(settings, tmp_path, capsys):
    settings.DATA_DIR = tmp_path / "file"
    settings.DATA_DIR.write_text("")

    with pytest.raises(SystemExit):
        Command(ZeroDivisionError()).handle()

    assert len(capsys.readouterr().err.splitlines()) == 1
