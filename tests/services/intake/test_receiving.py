"""Receiving: an event becomes an item once, or is refused with every reason, and nothing is lost."""

import base64

import orjson
import pytest

from gatepost.connectors.discovery import profile_of
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.ledger import quarantined, tables
from gatepost_intake.incoming import Incoming, open_all
from gatepost_intake.receiving import receive
from tests.services.desk import BO, UMA, Desk, data, item_id


def test_what_a_source_sends_is_put_before_the_approvers(desk: Desk) -> None:
    item = desk.sends()
    assert (item.state, item.revision, item.total) == (State.SENT, 1, "12400.00")
    assert item.sent_by == UMA
    assert desk.facts() == ["received"]
    assert desk.history() == [("sent", UMA)]
    (revision,) = desk.rows(tables.revisions)
    assert revision["content"] == data()["content"]


@pytest.mark.parametrize("kind", ["project", "sub_job", "commitment"])
def test_every_kind_is_taken(desk: Desk, kind: str) -> None:
    assert desk.sends(kind).state is State.SENT


# --- once ----------------------------------------------------------------------------------------


def test_the_same_event_twice_is_once(desk: Desk) -> None:
    # Given an event that was taken
    first = desk.event(data())
    # When it comes again, as RabbitMQ may deliver it
    desk.event(data(), event_id=first)
    # Then nobody learns of it a second time
    assert desk.facts() == ["received"]
    assert len(desk.rows(tables.received_events)) == 1
    assert len(desk.mails()) == 2  # Ann and Bo, once each
    assert desk.rows(tables.quarantine) == []


def test_the_same_event_twice_in_one_batch_is_once(desk: Desk) -> None:
    desk.arrives(*[desk.incoming(data())] * 3)
    assert desk.facts() == ["received"]


def test_the_same_id_from_another_source_is_another_event(desk: Desk) -> None:
    document = {
        "specversion": "1.0",
        "type": "gatepost.item.sent.v1",
        "id": "event-1",
        "data": data(),
    }
    mine = orjson.dumps({**document, "source": "mine"})
    other = orjson.dumps({**document, "source": "other", "data": data(revision=2)})
    desk.arrives(Incoming(mine), Incoming(other))
    assert desk.facts() == ["received", "received"]


def test_the_same_id_with_other_content_is_kept_and_refused(desk: Desk) -> None:
    # Given an event that was taken
    first = desk.event(data())
    # When another comes under its id
    desk.event(data(title="Another title"), event_id=first)
    # Then the first stands
    assert desk.item().title == "Steel erection, tower B"
    # And the other is kept with its bytes, and its source is told
    (kept,) = desk.rows(tables.quarantine)
    assert kept["reason"] == "conflict"
    assert b"Another title" in base64.b64decode(kept["body"])
    assert desk.refusal()["refused_event"] == first
    assert desk.reasons() == [
        f"another event came from https://pm.example/acme under the id {first}"
    ]
    assert (desk.refusal()["state"], desk.refusal()["editable"]) == ("sent", False)


# --- revisions -----------------------------------------------------------------------------------


def test_a_higher_revision_replaces_the_lower_and_both_are_kept(desk: Desk) -> None:
    desk.sends()
    item = desk.sends(revision=2, title="Tower C")
    assert (item.revision, item.title, item.state) == (2, "Tower C", State.SENT)
    assert [row["revision"] for row in desk.rows(tables.revisions)] == [1, 2]


def test_the_same_revision_under_another_event_is_passed_over(desk: Desk) -> None:
    desk.sends()
    desk.sends()
    assert desk.facts() == ["received"]
    assert len(desk.mails()) == 2


def test_the_same_revision_with_other_content_is_kept_and_refused(desk: Desk) -> None:
    desk.sends()
    desk.sends(title="Another title")
    assert desk.item().title == "Steel erection, tower B"
    assert desk.reasons() == ["revision 1 came before with other content"]
    assert [row["reason"] for row in desk.rows(tables.quarantine)] == ["conflict"]


def test_a_lower_revision_is_stale_said_so_and_not_kept(desk: Desk) -> None:
    # Given events that overtook each other
    desk.sends(revision=3)
    cause = desk.event(data(revision=2))
    desk.sends(revision=1)
    # Then the highest stands, and the source learns which one that is
    assert desk.item().revision == 3
    assert desk.facts() == ["received", "refused", "refused"]
    assert desk.told[1]["data"]["refused_event"] == cause
    assert desk.reasons() == ["revision 1 comes after revision 3; it is ignored"]
    assert desk.refusal()["revision"] == 3
    # And there is nothing in it to mend
    assert desk.rows(tables.quarantine) == []


@pytest.mark.parametrize(
    ("lead_to", "state"), [("accept", State.EXPORTING), ("fail", State.FAILED)]
)
def test_nothing_is_sent_over_what_is_with_the_erp(desk: Desk, lead_to: str, state: State) -> None:
    desk.sends()
    desk.asks("accept", revision=1)
    if lead_to == "fail":
        desk.fails()
    desk.sends(revision=2)
    assert (desk.item().state, desk.item().revision) == (state, 1)
    assert desk.reasons() == [
        f"{'an' if state is State.EXPORTING else 'a'} {state} item cannot be sent"
    ]


def test_an_update_of_what_is_synced_waits_for_a_decision_again(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", revision=1)
    desk.exports()
    item = desk.sends(revision=2)
    assert (item.state, item.is_linked) == (State.SENT, True)


# --- refused -------------------------------------------------------------------------------------


def test_every_reason_is_given_at_once(desk: Desk) -> None:
    content = {**data()["content"], "vendor": "v-9", "total": "1.00"}
    cause = desk.event(
        data(status="draft", number="x" * 31, content=content, sent_by={"email": BO})
    )
    assert not desk.has()
    refusal = desk.refusal()
    assert [each["field"] for each in refusal["errors"]] == [
        *("status", "sent_by", "content.vendor", "content.total"),
        "number",  # the limit of the ERP behind the company's connection
    ]
    assert all(each["message"] and each["who_can_fix"] for each in refusal["errors"])
    # It names what was refused, though nothing is stored
    assert refusal["refused_event"] == cause
    assert (refusal["item_id"], refusal["revision"]) == (item_id(), 1)
    assert (refusal["state"], refusal["badge"], refusal["editable"]) == (None, "none", True)


def test_fields_of_the_wrong_shape_are_all_reported(desk: Desk) -> None:
    raw = data(revision="first", content={**data()["content"], "total": 12400.0})
    del raw["sent_by"]
    desk.event(raw)
    assert {each["field"] for each in desk.refusal()["errors"]} == {
        *("revision", "sent_by", "content.total")
    }


def test_a_company_nobody_knows_is_refused(desk: Desk) -> None:
    desk.event(data(company="nobody"))
    (reason,) = desk.reasons()
    assert "nobody" in reason
    assert [row["reason"] for row in desk.rows(tables.quarantine)] == ["not_found"]
    assert desk.told[-1]["subject"] == "nobody/commitment/commitment-1"


def test_a_publisher_speaks_for_its_companies_only(desk: Desk) -> None:
    desk.event(data(), publisher="pm-beta", companies=("beta",))
    assert not desk.has()
    assert desk.reasons() == ['the publisher "pm-beta" may not speak for the company acme']
    (kept,) = desk.rows(tables.quarantine)
    assert (kept["reason"], kept["publisher"]) == ("not_entitled", "pm-beta")
    # nor is the id taken: whoever may speak for the company can still use it
    assert desk.rows(tables.received_events) == []
    desk.event(data(), publisher="pm", companies=("acme", "beta"))
    assert desk.has()


def test_a_kind_the_erp_does_not_take_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(profile_of("sandbox", "").kinds, Kind.SUB_JOB)
    desk.event(data("sub_job"))
    assert not desk.has("sub_job")
    assert desk.reasons() == ["the sandbox ERP takes no sub jobs"]


def test_a_refused_event_can_be_corrected_under_another_id(desk: Desk) -> None:
    desk.event(data(status="draft"))
    desk.event(data())
    assert desk.item().state is State.SENT
    assert desk.facts() == ["refused", "received"]


# --- not understood ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"not json", "not JSON in UTF-8"),
        (b"\xff\xfe\x00", "not JSON in UTF-8"),
        (b'{"specversion": "1.0"}', "without id, source, type"),
        (b"x" * (1024 * 1024 + 1), "the limit is 1048576"),
    ],
)
def test_what_is_not_understood_is_kept_with_its_bytes(desk: Desk, raw: bytes, reason: str) -> None:
    desk.arrives(Incoming(raw, "text/plain", {"x-trace": 1}, publisher="pm"))
    (kept,) = desk.rows(tables.quarantine)
    assert base64.b64decode(kept["body"]) == raw
    assert (kept["content_type"], kept["headers"]) == ("text/plain", {"x-trace": "1"})
    assert (kept["reason"], kept["publisher"]) == ("unintelligible", "pm")
    assert reason in desk.reasons()[0]


def test_a_version_of_the_future_is_kept_until_it_is_known(desk: Desk) -> None:
    document = {"id": "1", "source": "s", "type": "gatepost.item.sent.v2", "data": data()}
    desk.arrives(Incoming(orjson.dumps(document)))
    assert desk.reasons() == [
        "the version of gatepost.item.sent.v2 is not known; known is gatepost.item.sent.v1"
    ]
    assert len(desk.rows(tables.quarantine)) == 1


def test_a_bad_event_hurts_none_of_its_neighbours(desk: Desk) -> None:
    # Given good events among bad ones of every sort
    desk.arrives(
        desk.incoming(data(external_id="pm-1")),
        Incoming(b"\xff"),
        desk.incoming({**data(), "kind": ["commitment"]}),
        desk.incoming(data(external_id="pm-3", status="draft")),
        desk.incoming(data(external_id="pm-4", company="nobody")),
        desk.incoming(data(external_id="pm-5")),
    )
    # Then the good ones are stored, and each bad one is answered
    stored = desk.rows(tables.items)
    assert sorted(row["external_id"] for row in stored) == ["pm-1", "pm-5"]
    assert desk.facts() == ["received", *["refused"] * 4, "received"]
    assert len(desk.rows(tables.quarantine)) == 4


def test_what_holds_a_nul_is_refused_by_its_name(desk: Desk) -> None:
    # Given an event with a NUL in its title, and one with a NUL in its own id
    desk.event(data(title="Steel\0"), event_id="7f6c")
    refusal = desk.refusal()
    assert (refusal["refused_event"], refusal["company"]) == ("7f6c", "acme")
    assert refusal["item_id"] == item_id()
    desk.event(data(external_id="pm\0", kind="invoice"), event_id="7f\0")
    assert (desk.refusal()["refused_event"], desk.refusal()["company"]) == ("", "acme")
    assert desk.refusal()["item_id"] is None
    # And so is what misses an attribute
    desk.arrives(Incoming(orjson.dumps({"id": "7f6d", "type": "t", "data": data()})))
    assert (desk.refusal()["refused_event"], desk.refusal()["item_id"]) == ("7f6d", item_id())


# --- refused, and sent again ---------------------------------------------------------------------


def test_a_refused_event_that_comes_again_is_answered_again_and_kept_once(desk: Desk) -> None:
    cause = desk.event(data(status="draft"))
    desk.event(data(status="draft"), event_id=cause)
    assert desk.facts() == ["refused", "refused"]
    assert desk.refusal()["refused_event"] == cause
    assert desk.told[0]["data"]["errors"] == desk.refusal()["errors"]
    assert len(desk.rows(tables.quarantine)) == 1


def test_what_is_not_understood_and_comes_again_is_answered_again_and_kept_once(desk: Desk) -> None:
    desk.arrives(Incoming(b"not json"), Incoming(b"not json"), Incoming(b"nor this"))
    desk.arrives(Incoming(b"not json"))
    assert desk.facts() == ["refused"] * 4
    assert len(desk.rows(tables.quarantine)) == 2


def test_a_refused_event_that_comes_again_is_taken_once_its_rules_pass(desk: Desk) -> None:
    # Given an invoice that was refused because its commitment was never sent
    cause = desk.event(data("invoice"))
    desk.passes_the_time()
    assert desk.facts() == ["refused"]
    # When the commitment comes, and then the same event once more
    desk.sends()
    desk.event(data("invoice"), event_id=cause)
    # Then it is taken, and from now on it is a repeat
    assert desk.item("invoice").state is State.SENT
    desk.event(data("invoice"), event_id=cause)
    assert desk.facts() == ["refused", "received", "received"]


def test_a_refused_event_may_be_corrected_under_its_own_id(desk: Desk) -> None:
    cause = desk.event(data(status="draft"))
    desk.event(data(), event_id=cause)
    assert desk.facts() == ["refused", "received"]
    assert desk.told[-1]["data"]["received_event"] == cause


def test_what_the_api_wrote_down_is_forgotten_when_it_is_refused_after_all(desk: Desk) -> None:
    # Given an event whose id the API wrote down, which the intake refuses
    with desk.ledger.work() as work:
        work.add(
            tables.received_events,
            event_id="7f6c",
            source="https://pm.example/acme",
            digest="",
            item_id=None,
            at=work.now,
        )
    desk.event(data("invoice"), event_id="7f6c", registered=True, patient=False)
    assert desk.facts() == ["refused"]
    # When it comes again, once its parent is there
    desk.sends()
    desk.event(data("invoice"), event_id="7f6c")
    # Then it is taken
    assert desk.item("invoice").state is State.SENT


# --- replayed ------------------------------------------------------------------------------------


def replays(desk: Desk, event_id: str) -> None:
    row = quarantined.event_of(desk.ledger, event_id)
    with desk.ledger.work() as work:
        quarantined.replay(work, [row])
    desk.settle()


def test_what_is_replayed_and_refused_again_stays_the_same_row(desk: Desk) -> None:
    # Given a draft that was sent for a vendor that is not linked
    desk.set_up(less='origin = "V-100"')
    desk.event(data(status="draft"))
    (before,) = desk.rows(tables.quarantine)
    assert len(before["problems"]) == 2
    assert before["subject"] == "acme/commitment/commitment-1"

    # When a part of what is against it is mended, and it is replayed, more than once
    desk.set_up()
    for _ in range(2):
        replays(desk, before["id"])

    # Then its row stands in quarantine, with what is against it now
    (after,) = desk.rows(tables.quarantine)
    assert after == {**before, "problems": after["problems"]}
    assert [each["rule"] for each in after["problems"]] == ["status"]
    assert desk.facts() == ["refused"] * 3


def test_what_came_again_while_it_was_replayed_is_kept_once(desk: Desk) -> None:
    # Given a refused event that was replayed, and comes again before intake takes the replay
    event_id = desk.event(data(status="draft"))
    (first,) = desk.rows(tables.quarantine)
    with desk.ledger.work() as work:
        quarantined.replay(work, [first])
    again = desk.incoming(data(status="draft"), event_id=event_id)
    with desk.ledger.work() as work:
        receive(open_all([again]), work)

    # When the replay is refused as well
    desk.settle()

    # Then one of the two rows waits
    rows = desk.rows(tables.quarantine)
    assert [row["replayed_at"] is None for row in rows] == [False, True]


def test_what_is_taken_on_its_replay_has_left_quarantine(desk: Desk) -> None:
    desk.event(data("invoice"))  # before its commitment, and too late to wait for it
    desk.passes_the_time()
    (kept,) = desk.rows(tables.quarantine)
    desk.sends()
    replays(desk, kept["id"])
    assert desk.has("invoice")
    (kept,) = desk.rows(tables.quarantine)
    assert kept["replayed_at"] is not None
