import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import User


@pytest.fixture
def client_of(db):
    """`client_of(Role.VIEWER)`: a browser in which such a user is logged in."""

    def make(role):
        user = User.objects.create(email=f"{role}@example.com", role=role)
        client = Client()
        client.force_login(user)
        client.user = user
        return client

    return make


@pytest.fixture
def viewer(client_of):
    return client_of(Role.VIEWER)


@pytest.fixture
def operator(client_of):
    return client_of(Role.OPERATOR)


@pytest.fixture
def administrator(client_of):
    return client_of(Role.ADMINISTRATOR)
