"""A wrong variable stops every process with one line that names it and shows no password."""

import os
import subprocess
import sys

import pytest

READ_SETTINGS = """
from django.core.exceptions import ImproperlyConfigured
try:
    import cpms.settings
except ImproperlyConfigured as refusal:
    raise SystemExit(str(refusal))
"""


def start(command, tmp_path, **environment):
    return subprocess.run(
        [sys.executable, *command],
        env={
            "PATH": os.environ["PATH"],
            "CPMS_ENV_FILE": "",
            "CPMS_DATA_DIR": str(tmp_path),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CPMS_PORT", "http"),
        ("CPMS_PORT", "70000"),
        ("CPMS_PUBLIC_URL", "cpms.example.com"),
        ("CPMS_WEB_PROCESSES", "0"),
        ("CPMS_EGRESS_ALLOW", "127.0.0.0/99"),
        ("CPMS_DATABASE_POOL", "many"),
        ("CPMS_LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "mysql://a:hunter22@host/b"),
        ("DATABASE_URL", "postgresql://a:hunter22@host:port/b"),
        ("DATABASE_URL", "postgresql://a:hunter22@host"),
        ("DATABASE_REPLICA_URL", "hunter22"),
        ("REDIS_URL", "http://:hunter22@host"),
        ("DJANGO_SECRET_KEY_FILE", "/nonexistent/file"),
        ("EMAIL_URL", "pigeon://a:hunter22@host"),
        ("CPMS_DATA_DIR", "/proc/cpms"),
        ("CPMS_TLS_CERT", "/etc/cert.pem"),
        ("OCPP_MESSAGE_LOG_DAYS", "0"),
        ("CPMS_OCPI_MESSAGE_LOG_DAYS", "0"),
        ("CPMS_BOOKING_NO_SHOW_MINUTES", "0"),
        ("CPMS_OCPI_PARTY", "NLEMA"),
        ("CPMS_OCPI_PARTY", "N1*ÉMA"),
        ("CPMS_OCPI_TOKEN_GRACE_SECONDS", "61"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(name, value, tmp_path):
    secret = {"DJANGO_SECRET_KEY": "k" * 50} if name == "DATABASE_URL" else {}

    done = start(["-c", READ_SETTINGS], tmp_path, **{**secret, name: value})

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(name)
    assert "hunter22" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["-m", "cpms.web"],
        ["-m", "cpms.embedded"],
        ["-m", "celery", "-A", "cpms.celery", "worker"],
        ["-m", "celery", "-A", "cpms.celery", "beat"],
    ],
)
def test_every_process_says_it_in_one_line(command, tmp_path):
    done = start(command, tmp_path, DATABASE_URL="postgresql://a@127.0.0.1:9/b")

    lines = (done.stdout + done.stderr).strip().splitlines()
    assert done.returncode == 1
    assert [line.removeprefix("cpms: ") for line in lines] == [
        "DJANGO_SECRET_KEY must be set when DATABASE_URL is set."
    ]


def test_a_secret_may_stand_in_a_file_and_the_rest_in_dot_env(tmp_path):
    (tmp_path / "key").write_text("from-a-file-" * 5 + "\n")
    (tmp_path / ".env").write_text("CPMS_PORT=8765\nCPMS_HOST=0.0.0.0\n")
    shown = "from cpms import settings as s; print(s.SECRET_KEY, s.PORT, s.HOST, s.EMBEDDED)"

    done = start(
        ["-c", shown],
        tmp_path,
        CPMS_ENV_FILE=str(tmp_path / ".env"),
        CPMS_HOST="127.0.0.2",  # the environment wins
        DJANGO_SECRET_KEY_FILE=str(tmp_path / "key"),
    )

    assert (done.stdout, done.stderr) == ("from-a-file-" * 5 + " 8765 127.0.0.2 True\n", "")
