"""What is wrong with a fleet file: `path: reason`, every one of them."""

from dataclasses import dataclass, field

LONGEST_REASON = 300


@dataclass(slots=True)
class Faults:
    """Reasons by path (`stations.3.identity`), and the entries they spoil."""

    lines: list[str] = field(default_factory=list)
    spoiled: set[str] = field(default_factory=set)

    def add(self, path: str, reason: str) -> None:
        if len(reason) > LONGEST_REASON:
            reason = f"{reason[:LONGEST_REASON]}…"
        self.lines.append(_printable(f"{path}: {reason}"))
        self.spoiled.add(".".join(path.split(".")[:2]))

    def spoils(self, path: str) -> bool:
        """Whether the entry (`stations.3`) has a fault already."""
        return path in self.spoiled


def _printable(text: str) -> str:
    """No control characters: a reason is one line, and a terminal obeys some of them."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
