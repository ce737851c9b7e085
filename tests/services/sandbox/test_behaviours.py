"""Every way in which the ERP fails when told to."""

import concurrent.futures
import time
import uuid
from typing import Any, Final

import httpx
import pytest

from gatepost_sandbox.behaviour import Behaviour
from gatepost_sandbox.serving import Sandbox

HASTY: Final = httpx.Timeout(120, read=0.5)  # seconds


class Client:
    """Posts one invoice, and knows what became of it."""

    def __init__(self, erp: httpx.Client) -> None:
        self.erp = erp
        self.mark = str(uuid.uuid4())

    def behaves(self, mode: str, **more: Any) -> None:
        assert self.erp.put("/erp/behaviour", json={"mode": mode} | more).status_code == 200

    def posts(self, plural: str = "invoices", **options: Any) -> httpx.Response:
        return self.erp.post(f"/erp/{plural}", json={"mark": self.mark}, **options)

    def written(self) -> int:
        self.behaves("ok")
        return len(self.erp.get("/erp/records", params={"mark": self.mark}).json()["records"])


@pytest.fixture
def client(erp: httpx.Client) -> Client:
    return Client(erp)


@pytest.mark.parametrize(
    ("mode", "status", "code"),
    [
        ("down", 503, "down"),
        ("busy", 423, "record_locked"),
        ("rate_limited", 429, "rate_limited"),
        ("refuse", 422, "period_closed"),
        ("timeout_before", 503, "timed_out"),
    ],
)
def test_a_mode_that_writes_nothing_says_so_with_its_own_status(
    client: Client, mode: str, status: int, code: str
) -> None:
    # Given an ERP in that mode
    client.behaves(mode, delay=0.01)

    # When an invoice is posted
    answer = client.posts()

    # Then it is a problem with a code, and nothing was written
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert client.written() == 0


def test_a_rate_limit_names_the_time_to_wait(client: Client) -> None:
    client.behaves("rate_limited", retry_after=7)
    assert client.posts().headers["retry-after"] == "7"


def test_a_refusal_carries_the_code_and_the_sentence_asked_for(client: Client) -> None:
    client.behaves("refuse", code="account_closed", message="Account 2100 is closed.")
    problem = client.posts().json()
    assert (problem["code"], problem["detail"]) == ("account_closed", "Account 2100 is closed.")


def test_a_slow_erp_writes_at_once_and_answers_late(client: Client) -> None:
    client.behaves("slow", delay=0.2)
    begun = time.monotonic()
    assert client.posts().status_code == 201
    assert time.monotonic() - begun >= 0.2
    assert client.written() == 1


def test_timeout_before_writes_nothing_though_the_client_gave_up_first(client: Client) -> None:
    client.behaves("timeout_before", delay=1.5)
    with pytest.raises(httpx.ReadTimeout):
        client.posts(timeout=HASTY)
    assert client.written() == 0


def test_timeout_after_has_written_when_the_client_gives_up(client: Client) -> None:
    client.behaves("timeout_after", delay=5)
    with pytest.raises(httpx.ReadTimeout):
        client.posts(timeout=HASTY)
    assert client.written() == 1


def test_timeout_after_drops_the_line_of_a_client_that_waits(client: Client) -> None:
    client.behaves("timeout_after", delay=0.05)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.posts()
    assert client.written() == 1


@pytest.mark.parametrize(("mode", "written"), [("garbage", 0), ("garbage_after", 1)])
def test_garbage_is_a_success_that_is_no_answer(client: Client, mode: str, written: int) -> None:
    client.behaves(mode)
    answer = client.posts()
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert client.written() == written


def test_a_refusal_by_the_books_is_lost_too_when_the_answer_never_comes(client: Client) -> None:
    client.behaves("garbage_after")
    answer = client.erp.post("/erp/commitments", json={"mark": client.mark, "vendor": "V-999"})
    assert answer.status_code == 200
    assert client.written() == 0


def test_a_mode_may_be_for_some_kinds_only(client: Client) -> None:
    client.behaves("down", kinds=["commitment"])
    assert client.posts("commitments").status_code == 503
    assert client.posts("invoices").status_code == 201
    assert client.erp.get("/erp/records", params={"kind": "commitment"}).status_code == 503
    assert client.erp.get("/erp/vendors").status_code == 200


def test_a_mode_for_the_next_writes_wears_off_and_look_ups_do_not_use_it_up(
    client: Client,
) -> None:
    # Given an ERP that is down for two writes
    client.behaves("down", for_next=2)

    # When a careful client looks up before every write
    answers = []
    for _ in range(3):
        assert client.erp.get("/erp/records", params={"mark": client.mark}).status_code == 200
        answers.append(client.posts().status_code)

    # Then two writes fail and the third is taken
    assert answers == [503, 503, 201]
    assert client.erp.get("/erp/behaviour").json()["mode"] == "ok"


def test_a_mode_for_the_next_writes_is_used_up_exactly_however_many_come_at_once(
    client: Client,
) -> None:
    client.behaves("busy", for_next=10)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: client.posts().status_code, range(40)))
    assert sorted(statuses) == [201] * 30 + [423] * 10


def test_an_erp_that_is_down_does_not_answer_look_ups_either(client: Client) -> None:
    client.behaves("down")
    for address in ("/erp/records", "/erp/customers", "/erp/vendors", "/erp/invoices/BILL-1"):
        assert client.erp.get(address).status_code == 503


@pytest.mark.parametrize("mode", ["busy", "refuse", "timeout_after", "garbage_after"])
def test_a_mode_about_writing_leaves_look_ups_alone(client: Client, mode: str) -> None:
    client.behaves(mode)
    assert client.erp.get("/erp/records").headers["content-type"] == "application/json"


def test_a_probability_strikes_a_share_of_the_requests(client: Client) -> None:
    client.behaves("down", probability=0.5)
    statuses = [client.posts().status_code for _ in range(60)]
    assert 0 < statuses.count(503) < 60
    client.behaves("down", probability=0)
    assert client.posts().status_code == 201


def test_the_switch_shows_what_it_is_set_to_and_refuses_what_it_does_not_know(
    client: Client,
) -> None:
    client.behaves("slow", kinds=["invoice"], for_next=3, delay=1.5)
    shown = client.erp.get("/erp/behaviour").json()
    assert (shown["mode"], shown["kinds"], shown["for_next"]) == ("slow", ["invoice"], 3)
    for wrong in ({"mode": "asleep"}, {"kinds": ["timecard"]}, {"for_next": 0}, {"colour": "red"}):
        answer = client.erp.put("/erp/behaviour", json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_valid")
        assert answer.json()["errors"][0]["field"]
    assert client.erp.get("/erp/behaviour").json() == shown


def test_updates_meet_the_behaviour_as_entries_do(client: Client, sandbox: Sandbox) -> None:
    bill = client.posts().json()["id"]
    sandbox.switch.turn(Behaviour.model_validate({"mode": "busy", "for_next": 1}))
    assert client.erp.put(f"/erp/invoices/{bill}", json={"total": "2.00"}).status_code == 423
    assert client.erp.put(f"/erp/invoices/{bill}", json={"total": "2.00"}).status_code == 200
