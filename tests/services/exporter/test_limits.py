"""Limits shared by all exporters: leased slots, calls a minute, and daring little without Redis."""

from collections.abc import Callable, Iterator
from pathlib import Path

import fakeredis
import pytest
import redis

from gatepost.runtime.redis import make_redis
from gatepost.testing.servers import Redis, Servers
from gatepost.testing.servers.finding import VARIABLES
from gatepost_exporter.limits import MINUTE, Limits, Slots
from tests.ledger.office import until

BOOKS = "acme/books"
NewClient = Callable[[], redis.Redis]


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.servers)])
def new_client(request: pytest.FixtureRequest) -> Iterator[NewClient]:
    """Makes clients of one and the same Redis, as each exporter has its own."""
    if request.param == "fake":
        server = fakeredis.FakeServer()
        yield lambda: fakeredis.FakeRedis(server=server, decode_responses=True)
        return
    servers: Servers = request.getfixturevalue("servers")
    made = [make_redis(servers.redis_url)]
    made[0].flushall()

    def make() -> redis.Redis:
        made.append(make_redis(servers.redis_url))
        return made[-1]

    yield make
    for client in made:
        client.close()


def taken(limits: Limits, wanted: int, *, limit: int = 4, lease: float = 60.0) -> Slots:
    return limits.take(BOOKS, limit=limit, wanted=wanted, lease=lease)


def test_slots_are_shared_between_two_exporters(new_client: NewClient) -> None:
    # Given four slots, and two exporters
    one, other = Limits(new_client()), Limits(new_client())

    # Then they get four between them, and no more
    assert taken(one, 3).count == 3
    assert taken(other, 3).count == 1
    assert taken(one, 1).count == 0


def test_slots_that_are_given_back_can_be_taken_again(new_client: NewClient) -> None:
    one, other = Limits(new_client()), Limits(new_client())
    slots = taken(one, 4)
    one.give_back(BOOKS, slots.names)
    assert taken(other, 4).count == 4


def test_slots_given_back_twice_are_nobody_elses(new_client: NewClient) -> None:
    one, other = Limits(new_client()), Limits(new_client())
    slots = taken(one, 4)
    one.give_back(BOOKS, slots.names)
    assert taken(other, 4).count == 4
    one.give_back(BOOKS, slots.names)
    assert taken(one, 1).count == 0


def test_slots_of_a_dead_exporter_are_free_when_their_lease_ends(new_client: NewClient) -> None:
    # Given all slots in the hands of an exporter that died a moment ago
    client, alive = new_client(), Limits(new_client())
    now, dead = int(client.time()[0]), [f"dead-{number}" for number in range(4)]
    client.zadd(f"gatepost:slots:{BOOKS}", dict.fromkeys(dead, now + 60))
    assert taken(alive, 4).count == 0
    assert not alive.is_free(BOOKS, limit=4)

    # When their lease is about to end, then they come free by themselves
    client.zadd(f"gatepost:slots:{BOOKS}", dict.fromkeys(dead, int(client.time()[0]) + 1))
    until(lambda: taken(alive, 1).count == 1, "the lease of the dead exporter ends")


def test_slots_in_use_are_renewed(new_client: NewClient) -> None:
    # Given slots whose lease is about to end
    client = new_client()
    limits = Limits(client)
    slots = taken(limits, 2, lease=60.0)
    soon = int(client.time()[0]) + 1
    client.zadd(f"gatepost:slots:{BOOKS}", dict.fromkeys(slots.names, soon))

    # Then their exporter, which is alive, renews them; those it gave back it leaves alone
    limits.give_back(BOOKS, slots.names[:1])

    def lease() -> float:
        return client.zscore(f"gatepost:slots:{BOOKS}", slots.names[1]) or 0.0

    until(lambda: lease() > soon + 10, "the slot in use is renewed")
    assert client.zscore(f"gatepost:slots:{BOOKS}", slots.names[0]) is None


def test_connections_have_slots_of_their_own(new_client: NewClient) -> None:
    limits = Limits(new_client())
    assert taken(limits, 4).count == 4
    assert limits.take("other/books", limit=1, wanted=4, lease=60.0).count == 1


def test_a_minute_has_so_many_calls_over_all_exporters(new_client: NewClient) -> None:
    # Given ten calls a minute, and two exporters
    one, other = Limits(new_client()), Limits(new_client())

    # Then they may make ten between them
    assert one.within_the_minute(BOOKS, per_minute=10, calls=6) == 6
    assert other.within_the_minute(BOOKS, per_minute=10, calls=6) == 4
    assert one.within_the_minute(BOOKS, per_minute=10, calls=1) == 0


def test_no_limit_a_minute_is_no_limit(new_client: NewClient) -> None:
    limits = Limits(new_client())
    assert limits.within_the_minute(BOOKS, per_minute=0, calls=10_000) == 10_000


def test_a_minute_ends_whatever_happened_when_it_began(new_client: NewClient) -> None:
    # Given an exporter that died right after it counted the first call of a minute
    client = new_client()
    client.incrby(f"gatepost:minute:{BOOKS}", 10)

    # When the next one counts
    Limits(client).within_the_minute(BOOKS, per_minute=10, calls=1)

    # Then the minute has an end all the same
    assert 0 < client.ttl(f"gatepost:minute:{BOOKS}") <= MINUTE


def test_counting_does_not_put_off_the_end_of_the_minute(new_client: NewClient) -> None:
    client = new_client()
    limits = Limits(client)
    limits.within_the_minute(BOOKS, per_minute=10, calls=1)
    client.expire(f"gatepost:minute:{BOOKS}", 5)
    limits.within_the_minute(BOOKS, per_minute=10, calls=1)
    assert client.ttl(f"gatepost:minute:{BOOKS}") <= 5


def without_redis() -> Limits:
    server = fakeredis.FakeServer()
    server.connected = False
    return Limits(fakeredis.FakeRedis(server=server, decode_responses=True))


def test_without_redis_one_call_at_a_time_is_dared() -> None:
    # Given an exporter with several threads, and no Redis
    limits = without_redis()

    # Then one of them may make one call, the others wait
    first = taken(limits, 4)
    assert first.count == 1
    assert taken(limits, 4).count == 0

    # And when it is over, the next may
    limits.give_back(BOOKS, first.names)
    assert taken(limits, 4).count == 1


def test_without_redis_every_connection_goes_on_slowly() -> None:
    limits = without_redis()
    assert taken(limits, 4).count == 1
    assert limits.take("other/books", limit=4, wanted=4, lease=60.0).count == 1


def test_without_redis_the_limit_of_a_minute_is_not_kept() -> None:
    assert without_redis().within_the_minute(BOOKS, per_minute=1, calls=3) == 3


@pytest.mark.servers
def test_an_exporter_outlives_its_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an exporter with slots in a Redis of its own that dies
    monkeypatch.delenv(VARIABLES["redis"], raising=False)
    with Redis.start(tmp_path) as store:
        client = make_redis(store.url)
        limits = Limits(client)
        slots = taken(limits, 4)
        assert slots.count == 4
        store.kill()

        # Then it goes on, one call at a time
        limits.give_back(BOOKS, slots.names)
        alone = taken(limits, 4)
        assert alone.count == 1
        limits.give_back(BOOKS, alone.names)

        # And as before when Redis is back
        store.restart()
        assert taken(limits, 4).count == 4
        client.close()
