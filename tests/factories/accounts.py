"""Staff for tests. A user has an API token; its text is `bearer`."""

from datetime import UTC, datetime

import factory

from accounts import services
from accounts.models import User

PASSWORD = "correct horse battery"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    name = factory.Sequence(lambda n: f"User {n}")
    role = "administrator"
    password = PASSWORD

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        user = services.add_user(**kwargs)
        _, user.bearer = services.issue_token(user=user, name="tests", now=datetime.now(UTC))
        return user
