"""The one source of chance, seeded, so that a run can be had again."""

from random import Random


def dice(seed: object) -> Random:
    """A generator of its own for whoever `seed` names."""
    return Random(str(seed))  # noqa: S311 -- chance, not secrecy
