"""Refusals: facts with a stable code, in five families that every protocol can translate.

A refusal is an answer ("another booking holds this EVSE"), not a bug; everything that is not
a `DomainError` is left to be one.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal with a stable `code`, a `message` for people and the `facts` behind it, which
    the message may name, as in `At most %(most)d letters`.
    """

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = "This is not possible."

    def __init__(self, message: str | None = None, **facts: Any) -> None:
        self.sentence = message or self.message
        self.facts = facts
        self.text = self.said(self.sentence)
        super().__init__(self.text)

    def said(self, sentence: str) -> str:
        """The sentence, perhaps in another language, with the facts it names."""
        try:
            return sentence % self.facts if "%(" in sentence else sentence
        except (KeyError, TypeError, ValueError):  # it quotes somebody's percent sign
            return sentence


class Invalid(DomainError):
    """What was asked makes no sense as it stands; `facts["errors"]` may list `path: reason`."""

    code, message = "invalid", "The request is not valid."


class NotPermitted(DomainError):
    """Who asks may not do this."""

    code, message = "not_permitted", "You may not do this."


class Missing(DomainError):
    """The object does not exist for who asks."""

    code, message = "not_found", "There is no such object."


class Conflict(DomainError):
    """It contradicts what is already so."""

    code, message = "conflict", "This contradicts the present state."


class Unavailable(DomainError):
    """A part that is needed does not answer at present."""

    code, message = "unavailable", "This is not available at present; try again later."
