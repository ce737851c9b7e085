"""What a source tells of its people: decisions on its own screen, retrievals; the refusal is an event."""

import pytest

from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from tests.services.desk import ANN, BO, CARLA, RITA, UMA, Desk, why

STRANGER = "sam@elsewhere.example"


def decided(desk: Desk, decision: str, by: str = ANN, event_id: str = "", **more: object) -> str:
    """The source tells what an approver answered on its own screen."""
    raw = {"company": "acme", "kind": "commitment", "external_id": "commitment-1", "revision": 1}
    data = {**raw, "decision": decision, "by": by, **more}
    return desk.event(data, verb="decided", event_id=event_id)


def test_a_source_with_its_own_screen_accepts(desk: Desk) -> None:
    desk.sends()
    decided(desk, "accept", entries={"erp_number": "C-1"})
    assert (desk.item().state, desk.item().entries) == (State.EXPORTING, {"erp_number": "C-1"})
    assert desk.told[-1]["data"]["channel"] == "source"
    assert len(desk.waiting("Export")) == 1


def test_a_source_with_its_own_screen_rejects(desk: Desk) -> None:
    desk.sends()
    decided(desk, "reject", comment="wrong cost code")
    assert desk.item().state is State.REJECTED
    assert desk.facts() == ["received", "rejected"]


@pytest.mark.parametrize(
    ("changes", "rule", "sentence"),
    [
        ({"by": STRANGER}, "not_entitled", "is not in the directory of Acme Builders"),
        ({"by": UMA}, "not_entitled", "Uma Berg lacks the level Standard or Admin"),
        ({"revision": 4}, "stale_decision", "the item is at revision 1 now"),
        ({"decision": "reject", "comment": ""}, "incomplete", "without a short explanation"),
    ],
    ids=["a stranger", "a sender", "stale", "unexplained"],
)
def test_a_sources_decision_that_is_refused_is_answered_by_an_event(
    desk: Desk, changes: dict[str, str], rule: str, sentence: str
) -> None:
    desk.sends()
    cause = decided(desk, **{"decision": "accept", **changes})
    # the source learns why, which of its events it was, and where the item stands
    refusal = desk.refusal()
    (problem,) = refusal["errors"]
    assert problem["rule"] == rule
    assert sentence in problem["message"]
    assert refusal["refused_event"] == cause
    assert (refusal["state"], refusal["editable"]) == ("sent", False)
    assert desk.item().state is State.SENT


def test_a_sources_contrary_decision_is_refused(desk: Desk) -> None:
    desk.sends()
    desk.asks("reject", BO, revision=1, comment="no")
    decided(desk, "accept")
    assert desk.refusal()["errors"][0]["rule"] == "already_decided"
    assert desk.reasons()[0].startswith("Bo Lind rejected it first")
    assert desk.refusal()["editable"]


def test_a_sources_repeated_decision_is_passed_over(desk: Desk) -> None:
    desk.sends()
    for _ in range(2):
        decided(desk, "accept")
    assert desk.facts() == ["received", "accepted"]


def test_a_sources_decision_that_was_refused_is_examined_again(desk: Desk) -> None:
    # Given a decision on a revision that has not come yet
    desk.sends()
    cause = decided(desk, "accept", revision=2)
    # When the very same event comes again, then it is answered again
    decided(desk, "accept", revision=2, event_id=cause)
    assert desk.facts() == ["received", "refused", "refused"]
    assert desk.refusal()["refused_event"] == cause
    # And when its revision has come, then it is done
    desk.sends(revision=2)
    decided(desk, "accept", revision=2, event_id=cause)
    assert desk.item().state is State.EXPORTING


def test_a_decision_on_an_item_nobody_knows_is_kept_and_refused(desk: Desk) -> None:
    decided(desk, "accept")
    assert [row["reason"] for row in desk.rows(tables.quarantine)] == ["not_found"]
    assert desk.facts() == ["refused"]


# --- retrieving ----------------------------------------------------------------------------------


def retrieved(desk: Desk, by: str = UMA) -> str:
    raw = {"company": "acme", "kind": "commitment", "external_id": "commitment-1", "by": by}
    return desk.event(raw, verb="retrieved")


@pytest.mark.parametrize("channel", ["source", "page"])
@pytest.mark.parametrize("by", [UMA, ANN, RITA, STRANGER])  # sent it; could have; created it; both
def test_who_made_or_sent_an_item_retrieves_it_by_whichever_way(
    desk: Desk, by: str, channel: str
) -> None:
    desk.sends(
        created_by={"email": by if by in (RITA, STRANGER) else CARLA},
        sent_by={"email": by if by == STRANGER else UMA},
    )
    if channel == "source":
        retrieved(desk, by)
    else:
        assert desk.asks("retrieve", by).outcome == "done"
    assert desk.item().state is State.RETRIEVED
    assert desk.facts() == ["received", "retrieved"]
    assert (desk.told[-1]["data"]["by"], desk.told[-1]["data"]["editable"]) == (by, True)


def test_a_source_does_not_retrieve_for_whom_the_directory_denies_it(desk: Desk) -> None:
    desk.sends()
    retrieved(desk, RITA)
    assert desk.item().state is State.SENT
    assert desk.reasons() == [
        "Rita Holm may not send commitments, so may not retrieve this one either"
    ]


def test_what_is_anothers_only_people_of_the_directory_retrieve(desk: Desk) -> None:
    desk.sends()
    outcome = desk.asks("retrieve", STRANGER)
    assert why(outcome) == f"{STRANGER} is not in the directory of Acme Builders"
    retrieved(desk, STRANGER)
    assert desk.reasons() == [f"{STRANGER} is not in the directory of Acme Builders"]
    assert desk.asks("retrieve", UMA).outcome == "done"
    assert desk.asks("retrieve", UMA).outcome == "unchanged"


def test_nothing_is_retrieved_after_a_decision(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", revision=1)
    retrieved(desk)
    assert desk.reasons() == ["an exporting item cannot be retrieved"]
    assert desk.item().state is State.EXPORTING
