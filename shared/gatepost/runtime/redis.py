"""Redis, for limits and live numbers; inside this process when the URL says ``memory://``.

Nothing is lost with it: whoever asks it has an answer for when it is away.
"""

import redis


def make_redis(url: str) -> redis.Redis:
    """A client for a Redis URL."""
    if url.startswith("memory:"):
        import fakeredis  # a third of a second, and 20 MB, that services on servers do not need

        client: redis.Redis = fakeredis.FakeRedis(decode_responses=True)
        return client
    return redis.Redis.from_url(
        url, decode_responses=True, socket_timeout=1.0, socket_connect_timeout=1.0
    )
