"""Environment variables, typed: a wrong value is one line that names its variable.

Each may be given as a file instead: `NAME_FILE=/run/secrets/name`.
"""

import ipaddress
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

REDIS_SCHEMES = ("redis", "rediss", "unix")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
TLS = ("CPMS_TLS_PORT", "CPMS_MTLS_PORT", "CPMS_TLS_CERT", "CPMS_TLS_KEY", "CPMS_TLS_CLIENT_CA")

_env = environ.FileAwareEnv()


def read_file(path: str) -> None:
    """Take what the file says, where the environment says nothing. No file, nothing to take."""
    if path and Path(path).is_file():
        _env.read_env(path)


def text(name: str, default: str = "") -> str:
    """The variable as it stands; an empty one counts as not set."""
    try:
        return str(_env.str(name, default="")).strip() or default
    except (OSError, UnicodeDecodeError) as fault:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {fault}.") from fault


def whole_number(name: str, default: int, least: int = 0, most: int = 2**31) -> int:
    """An integer within bounds."""
    value = _parsed(name, str(default), int, "a whole number")
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} must be between {least} and {most}, not {value}.")
    return value


def one_of(name: str, default: str, allowed: Collection[str]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def names(name: str, default: str = "") -> list[str]:
    """What stands between commas."""
    return [part for part in map(str.strip, text(name, default).split(",")) if part]


def hosts_and_networks(name: str) -> list[str]:
    """Host names and CIDRs between commas."""
    for part in names(name):
        if "/" in part or part.replace(".", "").isdecimal():
            try:
                ipaddress.ip_network(part)
            except ValueError as fault:
                raise ImproperlyConfigured(f"{name}: {fault}.") from fault
    return names(name)


def party(name: str, default: str) -> tuple[str, str]:
    """An OCPI party as `NL*EMA`: country code and party id, in upper case."""
    value = text(name, default)
    country_code, _, party_id = value.partition("*")
    fits = (len(country_code), len(party_id)) == (2, 3)
    if not fits or not (country_code + party_id).isalnum() or not value.isascii():
        raise ImproperlyConfigured(f"{name} must look like NL*EMA.")
    return country_code.upper(), party_id.upper()


def web_url(name: str, default: str) -> str:
    """An http(s) URL with a host and without a slash at the end."""
    value = text(name, default).rstrip("/")
    parts = _parsed(name, default, urlsplit, "a URL")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ImproperlyConfigured(f"{name} must start with http:// or https:// and name a host.")
    return value


def redis_url(name: str, default: str) -> str:
    parts = _parsed(name, default, urlsplit, "a URL")
    if parts.scheme not in REDIS_SCHEMES or not (parts.netloc or parts.path):
        raise ImproperlyConfigured(f"{name} must look like redis://host:6379/0 (or unix://path).")
    return text(name, default)


def database(name: str, default: str) -> dict[str, Any]:
    """Django's connection parameters out of a URL. Its text is never shown: it holds a password."""
    url = text(name, default)
    refusal = f"{name} must look like postgresql://user:password@host:5432/name."
    try:
        parameters = _env.db_url_config(url, engine="django.db.backends.postgresql")
        scheme = urlsplit(url).scheme
    except Exception as fault:
        raise ImproperlyConfigured(refusal) from fault
    if scheme not in ("postgresql", "postgres") or not parameters["NAME"]:
        raise ImproperlyConfigured(refusal)
    return dict(parameters)


def email(name: str, default: str) -> dict[str, Any]:
    """Django's mail settings out of a URL. Its text is never shown: it holds a password."""
    try:
        return dict(_env.email_url_config(text(name, default)))
    except Exception as fault:
        raise ImproperlyConfigured(
            f"{name} must look like smtp+tls://user:password@host:587."
        ) from fault


def refuse_unserved_tls() -> None:
    """Nobody shall believe in a TLS listener that is not there."""
    for name in TLS:
        if text(name):
            raise ImproperlyConfigured(
                f"{name} is set, but this version serves no TLS itself: unset it and put a proxy "
                "that ends TLS in front."
            )


def secret(name: str, make: Callable[[], str] | None) -> str:
    """The variable, or what `make` makes. Raises ImproperlyConfigured when neither is there."""
    if value := text(name):
        return value
    if make is None:
        raise ImproperlyConfigured(f"{name} must be set when DATABASE_URL is set.")
    try:
        return make()
    except OSError as fault:
        raise ImproperlyConfigured(
            f"CPMS_DATA_DIR cannot be used: {fault.strerror} ({fault.filename})."
        ) from fault


def is_set(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _parsed(name: str, default: str, parse: Callable[[str], T], what: str) -> T:
    try:
        return parse(text(name, default))
    except ValueError as fault:
        raise ImproperlyConfigured(f"{name} must be {what}.") from fault
