"""``Idempotency-Key``: the same request under the same key has the same answer, and is done once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from gatepost.ledger.tables import idempotency_keys, webhooks
from gatepost_console import api_routes, repeated_answers

from .conftest import ANN, BO, House, Source

NO = {"revision": 1, "comment": "not this month"}


@pytest.fixture
def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


@pytest.fixture
def bo(house: House) -> Iterator[httpx.Client]:
    with house.client(acting=BO) as client:
        yield client


def _problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def _row(house: House, key: dict[str, str]) -> sa.RowMapping | None:
    is_it = idempotency_keys.c.key == key["Idempotency-Key"]
    with house.ledger.database.reading() as connection:
        return connection.execute(sa.select(idempotency_keys).where(is_it)).mappings().first()


def _set(house: House, key: dict[str, str], **values: Any) -> None:
    is_it = idempotency_keys.c.key == key["Idempotency-Key"]
    with house.ledger.database.transaction() as connection:
        connection.execute(sa.update(idempotency_keys).where(is_it).values(values))


def test_the_same_request_has_the_answer_it_had(
    ann: httpx.Client, source: Source, key: dict[str, str]
) -> None:
    # Given a decision that was made under a key
    path = f"/v1/items/{source.sent()}/reject"
    first = ann.post(path, json=NO, headers=key)
    assert first.json()["outcome"] == "done"
    assert "idempotency-replayed" not in first.headers

    # When it comes again, with the key quoted as the draft has it
    quoted = {name: f'"{value}"' for name, value in key.items()}
    again = ann.post(path, json=NO, headers=quoted)

    # Then its answer is what it was, and not that it was made before
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert ann.post(path, json=NO).json()["outcome"] == "unchanged"


def test_an_event_has_its_answer_again_with_where_its_item_is(
    api: httpx.Client, source: Source, key: dict[str, str]
) -> None:
    event = source.event()
    first, again = (api.post("/v1/events", json=event, headers=key) for _ in range(2))
    assert (again.status_code, again.json()["repeated"]) == (202, False)
    assert again.headers["location"] == first.headers["location"]


def test_a_key_names_one_request(
    ann: httpx.Client, bo: httpx.Client, house: House, source: Source, key: dict[str, str]
) -> None:
    path = f"/v1/items/{source.sent()}/reject"
    assert ann.post(path, json=NO, headers=key).status_code == 200
    others = [
        ann.post(path, json=NO | {"comment": "never"}, headers=key),
        ann.post(path + "?a=1", json=NO, headers=key),
        ann.post(path.replace("reject", "accept"), json={"revision": 1}, headers=key),
        bo.post(path, json=NO, headers=key),  # for another person
    ]
    assert {_problem(answer) for answer in others} == {(422, "key_reused")}
    with house.client("items:decide", acting=ANN) as other_token:  # its keys are its own
        assert other_token.post(path, json=NO, headers=key).json()["outcome"] == "unchanged"
    with house.client(None) as nobody:
        assert _problem(nobody.post(path, json=NO, headers=key)) == (401, "unauthenticated")


def test_what_was_refused_may_be_corrected_under_the_same_key(
    ann: httpx.Client, house: House, source: Source, key: dict[str, str]
) -> None:
    path = f"/v1/items/{source.sent()}/reject"
    assert ann.post(path, json={"revision": 1}, headers=key).status_code == 422
    assert _row(house, key) is None
    assert ann.post(path, json=NO, headers=key).json()["outcome"] == "done"


def test_two_at_once_are_one(
    house: House, source: Source, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a request that is held up on its way back, when its work is done
    path, done, go_on = f"/v1/items/{source.sent()}/reject", threading.Event(), threading.Event()
    keep = repeated_answers.keep

    def slowly(*arguments: Any) -> None:
        done.set()
        go_on.wait(60)
        keep(*arguments)

    monkeypatch.setattr(api_routes, "keep", slowly)
    with ThreadPoolExecutor(1) as pool, house.client(acting=ANN) as ann:
        first = pool.submit(lambda: ann.post(path, json=NO, headers=key))
        assert done.wait(60)

        # When the same comes beside it, then it is told to wait
        with house.client(acting=ANN) as other:
            answer = other.post(path, json=NO, headers=key)
            assert _problem(answer) == (409, "under_way")
            assert answer.headers["retry-after"] == "1"
            go_on.set()

            # And afterwards it has the first one's answer
            assert first.result().json()["outcome"] == "done"
            assert other.post(path, json=NO, headers=key).content == first.result().content


def test_many_at_once_take_a_key_once(house: House, source: Source, key: dict[str, str]) -> None:
    path = f"/v1/items/{source.sent()}/reject"

    def ask(_: int) -> tuple[int, str]:
        with house.client(acting=ANN) as ann:
            answer = ann.post(path, json=NO, headers=key)
            return answer.status_code, answer.json().get("outcome", "")

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert (200, "done") in answers
    assert set(answers) <= {(200, "done"), (409, "")}


def test_a_program_killed_before_it_kept_the_answer_does_no_harm(
    ann: httpx.Client, house: House, source: Source, key: dict[str, str]
) -> None:
    # Given a request whose work is done, and whose program died before it kept the answer
    path = f"/v1/items/{source.sent()}/reject"
    assert ann.post(path, json=NO, headers=key).status_code == 200
    row = _row(house, key)
    assert row
    later = row["expires_at"]
    _set(house, key, status=None, busy_until=later)

    # When it comes again: at first it may still be under way
    assert _problem(ann.post(path, json=NO, headers=key)) == (409, "under_way")

    # Then it is asked again, and the life cycle knows that it was done
    _set(house, key, busy_until=later - timedelta(days=2))
    assert ann.post(path, json=NO, headers=key).json()["outcome"] == "unchanged"
    assert ann.post(path, json=NO, headers=key).headers["idempotency-replayed"] == "true"


def test_an_answer_is_forgotten_after_a_day(
    ann: httpx.Client, house: House, source: Source, key: dict[str, str]
) -> None:
    path = f"/v1/items/{source.sent()}/reject"
    ann.post(path, json=NO, headers=key)
    row = _row(house, key)
    assert row
    assert row["expires_at"] - row["busy_until"] > timedelta(hours=23)
    _set(house, key, expires_at=row["expires_at"] - timedelta(days=2))
    assert ann.post(path, json=NO, headers=key).json()["outcome"] == "unchanged"
    _set(house, key, expires_at=row["expires_at"] - timedelta(days=2))
    house.until(lambda: _row(house, key) is None)  # swept


def test_a_secret_is_shown_once_and_kept_nowhere(
    api: httpx.Client, house: House, key: dict[str, str]
) -> None:
    body = {"url": "https://pm.example/hooks"}
    first, again = (api.post("/v1/webhooks", json=body, headers=key) for _ in range(2))
    assert first.json()["secret"].startswith("whsec_")
    assert again.json() == first.json() | {"secret": None}
    row = _row(house, key)
    assert row
    assert first.json()["secret"] not in row["body"]
    with house.ledger.work() as work:
        assert len(work.rows(webhooks, webhooks.c.url == body["url"])) == 1
    ended = [
        api.delete(f"/v1/webhooks/{first.json()['webhook_id']}", headers={"Idempotency-Key": "e"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in ended] == [204, 204]


@pytest.mark.parametrize("wrong", ["", '""', "two words", "x" * 256, "a\\b", "caf\xe9"])
def test_a_key_that_is_none(ann: httpx.Client, wrong: str) -> None:
    headers = {b"Idempotency-Key": wrong.encode("latin-1")}
    answer = ann.post("/v1/items/nothing/archive", headers=headers)
    assert _problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_an_answer_that_is_too_large_is_not_kept(
    ann: httpx.Client,
    house: House,
    source: Source,
    key: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repeated_answers, "LARGEST", 10)
    path = f"/v1/items/{source.sent()}/reject"
    assert ann.post(path, json=NO, headers=key).status_code == 200
    assert _row(house, key) is None
