"""How fast sessions may charge."""

from energy.models.profile import SessionProfile

__all__ = ["SessionProfile"]
