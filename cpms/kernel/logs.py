"""Structured logs: one JSON object per line, secrets redacted by name and by value."""

import logging
import logging.config
import re
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

REDACTED = "[redacted]"
SECRET_NAMES = re.compile(
    r"(password|secret|token(?!_id)|authorization|credential|api_?key|cookie|digest|salt)",
    re.IGNORECASE,
)
SECRET_TEXT = re.compile(r"(?i)\b(basic|bearer|token)\s+[\w+/=.~-]{8,}")
LONGEST_TEXT = 4_000

_known_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Redact this value wherever it would be logged from now on."""
    if len(secret) >= 8:  # noqa: PLR2004 -- shorter ones would blot out ordinary words
        _known_secrets.add(secret)


def clean(value: Any, name: str = "") -> Any:
    """`value` with secrets blotted out, line breaks escaped and long text cut."""
    if SECRET_NAMES.search(name):
        return REDACTED
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, dict):
        return {key: clean(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [clean(inner) for inner in value]
    return value


def _clean_text(text: str) -> str:
    for secret in _known_secrets:
        text = text.replace(secret, REDACTED)
    return SECRET_TEXT.sub(lambda found: f"{found[1]} {REDACTED}", text[:LONGEST_TEXT])


def redact(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> dict[str, Any]:
    """The structlog processor around `clean`."""
    return {name: clean(value, name) for name, value in entry.items()}


def configure_logging(level: str, secrets: Iterable[str]) -> None:
    """Send the standard library's and structlog's records through one JSON formatter."""
    for secret in secrets:
        hide(secret)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.JSONRenderer(),
                    ],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["out"], "level": level},
            "loggers": {
                "uvicorn.access": {"level": "WARNING"},
                "uvicorn.error": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "django.security.DisallowedHost": {
                    "level": "CRITICAL"
                },  # anybody could fill the log
            },
        }
    )
