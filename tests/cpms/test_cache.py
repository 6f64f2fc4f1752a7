import pytest
from django.core.cache import caches
from redis.exceptions import RedisError


@pytest.fixture
def nowhere(settings):
    settings.CACHES = {
        name: cache | {"LOCATION": "redis://127.0.0.1:1/0"}
        for name, cache in settings.CACHES.items()
    }


def test_without_redis_the_cache_is_empty_and_forgets(nowhere):
    cache = caches["default"]

    assert [
        cache.set("a", 1), cache.set_many({"a": 1}), cache.add("a", 1), cache.get("a"),
        cache.get("a", 7), cache.get_many(["a"]), cache.has_key("a"), cache.incr("a"),
        cache.touch("a"), cache.delete("a"), cache.delete_many(["a"]),
    ] == [None, ["a"], True, None, 7, {}, False, 1, False, False, None]  # fmt: skip


def test_who_must_know_whether_redis_is_there_is_told(nowhere):
    with pytest.raises(RedisError):
        caches["redis"].get("a")


def test_with_redis_it_remembers():
    cache = caches["default"]
    cache.delete("test-of-the-cache")

    assert [cache.add("test-of-the-cache", 1, 60), cache.add("test-of-the-cache", 2, 60)] == [
        True, False,
    ]  # fmt: skip
    assert (cache.incr("test-of-the-cache"), cache.get("test-of-the-cache")) == (2, 2)
    assert caches["redis"].get("test-of-the-cache") == 2
    assert cache.delete("test-of-the-cache") is True
