"""Staff and their API tokens."""

from typing import Any

from rest_framework import serializers

from accounts.enums import Role
from accounts.models import ApiToken, AuditEntry, User

LONGEST_PASSWORD = 128
MOST_DAYS = 3660


class LogIn(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False)
    code = serializers.CharField(
        max_length=32,
        default="",
        allow_blank=True,
        help_text="Of an authenticator app, or a recovery code: needed by who has a second factor.",
    )


class TokenShown(serializers.Serializer[Any]):
    token = serializers.CharField()


class UserOut(serializers.ModelSerializer[User]):
    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = User
        fields = ["id", "email", "name", "role", "is_active", "last_login", "created_at"]


class UserIn(serializers.Serializer[Any]):
    """What can be changed of a member of staff."""

    name = serializers.CharField(max_length=120, allow_blank=True, default="")
    role = serializers.ChoiceField(choices=Role.choices)
    is_active = serializers.BooleanField(default=True)
    password = serializers.CharField(
        max_length=LONGEST_PASSWORD, trim_whitespace=False, required=False
    )


class UserNew(UserIn):
    """Without a password they are sent a link to choose one."""

    email = serializers.EmailField(max_length=254)


class AuditEntryOut(serializers.ModelSerializer[AuditEntry]):
    """`status`: the HTTP answer. `said`: the fields that were sent, secrets blotted out."""

    class Meta:
        model = AuditEntry
        fields = ["id", "at", "email", "method", "path", "status", "said"]


class ApiTokenOut(serializers.ModelSerializer[ApiToken]):
    """`prefix` is how the token begins."""

    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "created_at", "expires_at", "last_used_at",
                  "revoked_at"]  # fmt: skip


class ApiTokenCreated(ApiTokenOut):
    """With the token itself: shown now and never again."""

    token = serializers.CharField()

    class Meta(ApiTokenOut.Meta):
        fields = [*ApiTokenOut.Meta.fields, "token"]


class ApiTokenIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    lifetime_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=90)
