import json
import logging

import pytest

from cpms.kernel import logs


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"password": "hunter22"}, {"password": "[redacted]"}),
        ({"headers": {"Authorization": "x"}}, {"headers": {"Authorization": "[redacted]"}}),
        (
            {"line": "Authorization: Basic Q1AwMDE6c2VjcmV0"},
            {"line": "Authorization: Basic [redacted]"},
        ),
        ({"line": "sent Token abcdefgh12345"}, {"line": "sent Token [redacted]"}),
        ({"list": ["Bearer cpms_0123456789"]}, {"list": ["Bearer [redacted]"]}),
        ({"id_token": "[redacted]"}, {"id_token": "[redacted]"}),
        ({"station": "CP001", "count": 3}, {"station": "CP001", "count": 3}),
    ],
)
def test_secrets_are_blotted_out_by_name_and_by_form(entry, expected):
    assert logs.redact(None, "info", entry) == expected


def test_a_known_secret_is_blotted_out_wherever_it_stands(monkeypatch):
    monkeypatch.setattr(logs, "_known_secrets", set())
    logs.hide("s3cr3t-station-key")

    assert logs.clean({"event": "got s3cr3t-station-key!"}) == {"event": "got [redacted]!"}


def test_a_forged_line_stays_one_record():
    formatter = logging.getLogger().handlers[0].formatter
    record = logging.LogRecord("x", logging.INFO, "f", 1, "idTag a\r\n2026 INFO login", (), None)

    lines = formatter.format(record).splitlines()

    assert [json.loads(line)["event"] for line in lines] == ["idTag a\r\n2026 INFO login"]


def test_a_host_that_anybody_may_send_fills_no_log():
    assert not logging.getLogger("django.security.DisallowedHost").isEnabledFor(logging.ERROR)
