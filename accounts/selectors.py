"""Questions about staff and their API tokens."""

from django.db.models import QuerySet

from accounts.errors import UnknownApiToken, UnknownUser
from accounts.models import ApiToken, AuditEntry, User


def users() -> QuerySet[User]:
    return User.objects.order_by("email", "pk")


def users_with_second_factor() -> set[int]:
    """Their keys."""
    from allauth.mfa.models import Authenticator  # noqa: PLC0415 -- app ready

    return set(Authenticator.objects.values_list("user_id", flat=True))


def user_by_id(pk: int) -> User:
    """Raises UnknownUser."""
    found = User.objects.filter(pk=pk).first()
    if found is None:
        raise UnknownUser(user=pk)
    return found


def chosen_language(email: str) -> str:
    """What the user with this address chose; empty where nobody did."""
    chosen = User.objects.filter(email__iexact=email).values_list("language", flat=True)
    return chosen.first() or ""


def tokens_of(user: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user=user).order_by("-created_at", "-pk")


def token_of(user: User, pk: int) -> ApiToken:
    """Raises UnknownApiToken, for another's too."""
    found = tokens_of(user).filter(pk=pk).first()
    if found is None:
        raise UnknownApiToken(token=pk)
    return found


def audit_entries() -> QuerySet[AuditEntry]:
    """What staff asked for, the latest first."""
    return AuditEntry.objects.order_by("-at", "-pk")
