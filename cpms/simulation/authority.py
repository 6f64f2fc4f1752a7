"""Who may charge as far as the station itself can tell: local list and cache (§3.5)."""

from typing import Any

from cpms.simulation.clock import instant
from cpms.simulation.memory import Memory

IdTagInfo = dict[str, Any]


class Authority:
    """Id tags are compared without case (CiString)."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.cache: dict[str, IdTagInfo] = {}

    def remember(self, id_tag: str, info: IdTagInfo) -> None:
        """The authorization cache learns from every answer (§3.5.1)."""
        self.cache[id_tag.upper()] = info

    def known(self, id_tag: str, *, use_list: bool, use_cache: bool) -> IdTagInfo | None:
        """What the list says, else the cache; None for a stranger."""
        name = id_tag.upper()
        listed = self._memory.local_list.get(name) if use_list else None
        if listed is not None:
            return listed
        return self.cache.get(name) if use_cache else None

    def parent_of(self, id_tag: str) -> str | None:
        info = self.known(id_tag, use_list=True, use_cache=True) or {}
        return info.get("parentIdTag")

    def update(self, version: int, entries: list[dict[str, Any]], *, is_full: bool) -> str:
        """SendLocalList.conf (§5.15), having done it."""
        if version <= 0:
            return "Failed"
        if not is_full and version <= self._memory.local_list_version:
            return "VersionMismatch"
        if is_full:
            self._memory.local_list.clear()
        for entry in entries:
            name = entry["idTag"].upper()
            if "idTagInfo" in entry:
                self._memory.local_list[name] = entry["idTagInfo"]
            else:
                self._memory.local_list.pop(name, None)
        self._memory.local_list_version = version
        return "Accepted"


def is_accepted(info: IdTagInfo, at: Any) -> bool:
    """Whether the holder may charge at `at`."""
    expiry = info.get("expiryDate")
    return info.get("status") == "Accepted" and (expiry is None or instant(expiry) > at)
