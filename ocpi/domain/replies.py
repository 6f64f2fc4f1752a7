"""What a partner answered, and what that means for what we wanted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

OK = range(200, 300)
SUCCESSES = frozenset({10, 19})
LOCKED_OUT = frozenset({401, 403})
LATER = frozenset({408, 425, 429})
SAYS_IT_HAS_IT = re.compile(r"\balready\b|\bduplicate", re.IGNORECASE)
UNKNOWN_LOCATION = 2003
NOT_FOUND, CONFLICT = 404, 409
CLIENT_ERRORS = range(400, 500)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a partner answered. `code` is the OCPI status code; None where there was no
    envelope. `opened_with` is the index of the token that it was had with."""

    http: int
    code: int | None
    message: str = ""
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    opened_with: int = 0

    @property
    def is_success(self) -> bool:
        return self.http in OK and self.code is not None and self.code // 100 in SUCCESSES

    @property
    def summary(self) -> str:
        """For people: `HTTP 200, 2001 Bad token`."""
        code = "no OCPI envelope" if self.code is None else f"{self.code} {self.message}"
        return f"HTTP {self.http}, {code}".strip()[:255]


class Verdict(Enum):
    """What to make of an answer."""

    TAKEN = auto()
    LACKING = auto()  # it does not have what was to be changed
    REFUSED = auto()  # asking again alike will be answered alike
    TROUBLE = auto()  # its own: ask again later
    LOCKED_OUT = auto()  # our token opens nothing


def verdict_on(method: str, http: int, code: int | None, message: str) -> Verdict:
    """`code` is the OCPI status code, None without an envelope.

    A POST is repeated when its answer was lost; a peer that has the object already says so with
    409 or in words.
    """
    if http in OK and code is not None and code // 100 in SUCCESSES:
        return Verdict.TAKEN
    if http in LOCKED_OUT:
        return Verdict.LOCKED_OUT
    if _is_settled(method, http, code, message):
        return Verdict.TAKEN
    if method == "PATCH" and (http == NOT_FOUND or code == UNKNOWN_LOCATION):
        return Verdict.LACKING
    return Verdict.REFUSED if _is_refusal(http, code) else Verdict.TROUBLE


def _is_settled(method: str, http: int, code: int | None, message: str) -> bool:
    """Whether it is refused because it is so already."""
    if method == "DELETE":
        return http == NOT_FOUND
    return method == "POST" and _has_it(http, code, message)


def _has_it(http: int, code: int | None, message: str) -> bool:
    is_refused = code is not None and code // 1000 == 2  # noqa: PLR2004 -- 2xxx
    return http == CONFLICT or (is_refused and bool(SAYS_IT_HAS_IT.search(message)))


def _is_refusal(http: int, code: int | None) -> bool:
    if http in CLIENT_ERRORS and http not in LATER:
        return True
    return http in OK and code is not None and code // 1000 == 2  # noqa: PLR2004
