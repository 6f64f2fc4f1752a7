"""Staff users and their API tokens: every write."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.domain import digest_of, new_token, prefix_of
from accounts.enums import Role
from accounts.errors import (
    EmailTaken,
    LastAdministrator,
    SecondFactorNeeded,
    UnknownUser,
    WeakPassword,
    WrongCredentials,
)
from accounts.models import ApiToken, User
from cpms.kernel.errors import Invalid

TOKEN_LIFETIME = timedelta(days=90)
USED_AT_RESOLUTION = timedelta(minutes=1)


@transaction.atomic
def save_administrator(*, email: str, password: str, now: datetime) -> User:
    """An active administrator with this password; an existing user is raised to it. Raises
    Invalid for what is no e-mail address, or WeakPassword."""
    address = _address(email)
    user = User.objects.filter(email__iexact=address).first() or User(email=address)
    _replace_password(user, password, now)
    user.role, user.is_active = Role.ADMINISTRATOR, True
    user.save()
    confirm_email(user=user)
    return user


@transaction.atomic
def add_user(
    *, email: str, name: str, role: str, password: str = "", is_active: bool = True
) -> User:
    """A member of staff whose address an administrator vouches for; without a password they
    cannot log in until they choose one (accounts.inviting). Raises EmailTaken,
    WeakPassword, or Invalid for what is no e-mail address."""
    address = _address(email)
    if User.objects.filter(email__iexact=address).exists():
        raise EmailTaken(email=email)
    user = User(email=address, name=name, role=Role(role), is_active=is_active)
    if password:
        _set_password(user, password)
    else:
        user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as refusal:  # somebody else added it in between
        raise EmailTaken(email=email) from refusal
    confirm_email(user=user)
    return user


@transaction.atomic
def change_user(
    *,
    user: User,
    now: datetime,
    name: str | None = None,
    role: str | None = None,
    is_active: bool | None = None,
    password: str | None = None,
) -> User:
    """Change what is given of a user; a new password revokes their API tokens. Raises LastAdministrator, WeakPassword or UnknownUser."""
    administrators = Q(role=Role.ADMINISTRATOR, is_active=True)
    locked = User.objects.select_for_update().filter(administrators | Q(pk=user.pk))
    held = list(locked.order_by("pk"))  # in order: no deadlock
    if user not in held:
        raise UnknownUser(user=user.pk)
    user.refresh_from_db()
    user.name = user.name if name is None else name
    user.role = Role(user.role if role is None else role)
    user.is_active = user.is_active if is_active is None else is_active
    if not (user.is_active and user.role == Role.ADMINISTRATOR):
        _require_another_administrator(held, user)
    if password is not None:
        _replace_password(user, password, now)
    user.save()
    return user


def _require_another_administrator(held: Iterable[User], user: User) -> None:
    """Raises LastAdministrator where the user is the only active one."""
    active = {row.pk for row in held if row.is_active and row.role == Role.ADMINISTRATOR}
    if active == {user.pk}:
        raise LastAdministrator


@transaction.atomic
def choose_password(*, user: User, password: str, now: datetime) -> None:
    """What users do themselves, logged in or by a link from a mail. Raises WeakPassword."""
    _replace_password(user, password, now)
    user.save(update_fields=["password"])


def choose_language(*, user: User, language: str) -> None:
    """What the portal and mails speak to them from now on."""
    User.objects.filter(pk=user.pk).update(language=language)


@transaction.atomic
def delete_user(*, user: User, now: datetime) -> None:
    """Forget a user and their API tokens; what they did stays. Raises LastAdministrator."""
    change_user(user=user, now=now, role=Role.NONE, is_active=False)
    user.delete()


def log_in(*, email: str, password: str, code: str = "") -> User:
    """The active user with these credentials, or raise WrongCredentials, also while nobody
    confirmed that the address is theirs: a stranger may have signed up with it. Who has a second
    factor gives its code, or raise SecondFactorNeeded."""
    from allauth.account.models import EmailAddress  # noqa: PLC0415 -- app ready

    user = authenticate(email=email, password=password)
    if not isinstance(user, User):
        raise WrongCredentials
    if not EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists():
        raise WrongCredentials
    _require_second_factor(user, code)
    return user


def _require_second_factor(user: User, code: str) -> None:
    """A recovery code is used up by it. Raises SecondFactorNeeded."""
    from allauth.mfa.models import Authenticator  # noqa: PLC0415 -- app ready

    factors = list(Authenticator.objects.filter(user=user))
    with_codes = (one for one in factors if one.type != Authenticator.Type.WEBAUTHN)
    if factors and not any(one.wrap().validate_code(code) for one in with_codes):
        raise SecondFactorNeeded


def drop_second_factors(*, user: User) -> None:
    """For who lost phone, keys and codes: the password alone opens the portal, until they choose
    anew."""
    from allauth.mfa.models import Authenticator  # noqa: PLC0415 -- app ready

    Authenticator.objects.filter(user=user).delete()


def issue_token(
    *, user: User, name: str, now: datetime, lifetime: timedelta | None = TOKEN_LIFETIME
) -> tuple[ApiToken, str]:
    """A new API token and its text, which is shown now and never again."""
    text = new_token()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=prefix_of(text),
        digest=digest_of(text),
        created_at=now,
        expires_at=now + lifetime if lifetime else None,
    )
    return token, text


def revoke_token(*, token: ApiToken, now: datetime) -> None:
    """From now on the token opens nothing."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)


def user_of_token(*, text: str, now: datetime) -> User | None:
    """Whose token this is, if it is usable; notes (by the minute) that it was used."""
    token = (
        ApiToken.objects.usable(now).select_related("user").filter(digest=digest_of(text)).first()
    )
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at > USED_AT_RESOLUTION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user


def confirm_email(*, user: User) -> None:
    """Take the user's address as confirmed: an operator vouches for it."""
    from allauth.account.models import EmailAddress  # noqa: PLC0415 -- app ready

    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


def _address(email: str) -> str:
    """As it is stored. Raises Invalid."""
    try:
        address: str = User._meta.get_field("email").clean(email.strip().lower(), None)  # noqa: SLF001 -- public API of Django
    except ValidationError as refusal:
        raise Invalid("This is not an e-mail address.", email=email) from refusal
    return address


def _replace_password(user: User, password: str, now: datetime) -> None:
    """Who sets another password may fear that somebody has the old one, and with it API tokens:
    they open nothing any more. Raises WeakPassword."""
    if not user.check_password(password):
        ApiToken.objects.filter(user_id=user.pk, revoked_at=None).update(revoked_at=now)
    _set_password(user, password)


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as refusal:
        raise WeakPassword(" ".join(refusal.messages)) from refusal
    user.set_password(password)
