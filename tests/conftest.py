import pytest
from django.db import connection
from hypothesis import settings

# The same examples in every run: a failure is a fault of the change, not of the dice.
settings.register_profile("steady", derandomize=True, database=None, deadline=None, max_examples=40)
settings.load_profile("steady")

END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database; at the end nothing is connected to it, so that it can be dropped: the
    thread that async tests reach the ORM through keeps its connection."""
    yield
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(END_OTHERS)
        connection.close()
        connection.close_pool()
