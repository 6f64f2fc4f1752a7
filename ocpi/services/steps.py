"""What a handshake does, step by step, for whoever watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cpms.kernel.errors import DomainError
from ocpi.enums import Step, StepState

Tell = Callable[[Step, StepState, str], None]

_tell: ContextVar[Tell | None] = ContextVar("tell", default=None)


@contextmanager
def step(name: Step) -> Iterator[None]:
    """A check that begins, and passes unless it raises. Steps within it are part of it."""
    tell = _tell.get()
    if tell is None:
        yield
        return
    tell(name, StepState.RUNNING, "")
    inside = _tell.set(None)
    try:
        yield
    except DomainError as refusal:
        tell(name, StepState.FAILED, refusal.text)
        raise
    except Exception:  # who watches is told of bugs too; they go on upwards
        tell(name, StepState.FAILED, "Something failed on our side.")
        raise
    finally:
        _tell.reset(inside)
    tell(name, StepState.PASSED, "")


@contextmanager
def watched(tell: Tell) -> Iterator[None]:
    """Tell of the steps in here."""
    token = _tell.set(tell)
    try:
        yield
    finally:
        _tell.reset(token)
