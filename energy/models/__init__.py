"""How fast sessions may charge, and how their drivers want it."""

from energy.models.preferences import SessionPreferences
from energy.models.profile import SessionProfile

__all__ = ["SessionPreferences", "SessionProfile"]
