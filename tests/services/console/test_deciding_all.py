"""One decision for everything a filter matches."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import House, Source


def _all(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post("/v1/decisions/matching", json=body)


@pytest.fixture
def three(source: Source) -> list[str]:
    """Three commitments of a project of their own, and one of another."""
    source.sent(project="pm-13", title="Bulkhead")
    return [source.sent(project="pm-12", title=f"Quay wall, part {n}") for n in range(3)]


def test_what_passes_is_taken_and_the_rest_stays_with_reasons(
    three: list[str], source: Source, ann: httpx.Client
) -> None:
    # Given three items on a list, one of which is decided on by somebody who saw it alone
    seen = {"list": "ready_to_export", "q": "quay wall"}

    # When all that match are rejected
    answer = _all(ann, decision="reject", comment="budget is closed", expected=3, **seen)

    # Then each has its outcome
    assert answer.status_code == 207
    assert answer.json()["matched"] == 3
    outcomes = {each["item_id"]: each["outcome"] for each in answer.json()["outcomes"]}
    assert outcomes == dict.fromkeys(three, "done")
    for item_id in three:
        source.becomes(item_id, "rejected")

    # And what lacks something stays where it is
    again = [source.sent(title=f"Jetty {n}") for n in range(2)]
    refused = _all(ann, decision="reject", expected=2, list="ready_to_export", q="jetty").json()
    assert {each["status"] for each in refused["outcomes"]} == {422}
    assert {each["item_id"] for each in refused["outcomes"]} == set(again)
    assert refused["outcomes"][0]["errors"][0]["field"] == "comment"


def test_nothing_is_decided_about_what_nobody_has_seen(
    three: list[str], source: Source, ann: httpx.Client
) -> None:
    # Given a list on which another item has come meanwhile
    source.sent(title="Quay wall, part 4")

    # When what was seen is accepted
    answer = _all(ann, decision="accept", expected=3, list="ready_to_export", q="quay wall")

    # Then nothing is, and it says why
    assert answer.status_code == 409
    assert answer.json()["detail"] == "the filter matches 4 items by now, not 3"
    assert {source.becomes(each, "sent")["state"] for each in three} == {"sent"}


def test_how_many_were_seen_has_to_be_said(ann: httpx.Client) -> None:
    answer = _all(ann, decision="accept", list="ready_to_export")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "expected"


def test_nobody_decides_for_all_who_may_not_decide_for_one(three: list[str], house: House) -> None:
    with house.client("items:read") as reader:
        body = {"decision": "accept", "expected": len(three), "q": "quay wall"}
        assert _all(reader, **body).status_code == 403
