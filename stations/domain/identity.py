"""What may be a station's identity: the last part of a URL, and the user name of HTTP Basic."""

LONGEST = 48
REFUSED = frozenset(":/?#%\\")


def fault_in_identity(identity: str) -> str:
    """Why this cannot be an identity; empty when it can."""
    if not 0 < len(identity) <= LONGEST:
        return f"An identity has 1 to {LONGEST} characters."
    if not identity.isascii() or not identity.isprintable() or REFUSED & set(identity):
        return "An identity has printable ASCII characters, none of : / ? # % \\."
    if identity in {".", ".."}:
        return "An identity is a part of URLs, where . and .. mean something else."
    if identity != identity.strip():
        return "An identity does not begin or end with a space."
    return ""
