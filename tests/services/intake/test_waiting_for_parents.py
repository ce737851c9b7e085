"""A child may overtake its parent: RabbitMQ keeps no order between consumers."""

import pytest

from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from tests.services.desk import Desk, data

CHILDREN = ("change_order", "invoice")


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_child_after_its_parent_is_taken_at_once(desk: Desk, kind: str) -> None:
    desk.sends()
    assert desk.sends(kind).state is State.SENT
    assert desk.item(kind).parent_id == desk.item().id


def test_a_parent_and_its_child_in_one_batch_are_taken_at_once(desk: Desk) -> None:
    desk.arrives(desk.incoming(data()), desk.incoming(data("invoice")))
    assert desk.item("invoice").state is State.SENT


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_child_before_its_parent_waits_a_moment(desk: Desk, kind: str) -> None:
    # Given a child whose parent has not come yet
    desk.event(data(kind))
    # Then nothing is refused, and nothing is stored
    assert desk.facts() == []
    assert not desk.has(kind)
    (waiting,) = desk.waiting("Receive")
    assert waiting["lease_token"], "held back: no worker can take it before its time"
    # When the parent comes, and the moment has passed
    desk.sends()
    desk.passes_the_time()
    # Then the child is taken
    assert desk.item(kind).state is State.SENT
    assert desk.rows(tables.quarantine) == []


def test_a_child_whose_parent_never_comes_is_refused(desk: Desk) -> None:
    cause = desk.event(data("invoice"))
    desk.passes_the_time()
    assert desk.reasons() == ["its commitment commitment-1 was not sent yet"]
    assert desk.refusal()["refused_event"] == cause
    assert [row["reason"] for row in desk.rows(tables.quarantine)] == ["not_sendable"]
    assert desk.waiting("Receive") == [], "patience is for once"


def test_the_event_of_a_waiting_child_is_still_taken_once(desk: Desk) -> None:
    # Given a child that waits, and whose event comes a second time
    first = desk.event(data("invoice"))
    desk.event(data("invoice"), event_id=first)
    # When the parent comes
    desk.sends()
    desk.passes_the_time()
    # Then it is one invoice, told once
    assert desk.facts() == ["received", "received"]
    assert len(desk.rows(tables.revisions)) == 2


def test_waiting_does_not_help_what_lacks_more_than_its_parent(desk: Desk) -> None:
    desk.event(data("invoice", status="draft"))
    assert [each["rule"] for each in desk.refusal()["errors"]] == ["status", "parent_sent"]
    assert desk.waiting("Receive") == []


def test_a_sub_job_needs_a_project_that_is_announced_or_sent(desk: Desk) -> None:
    # pm-12 stands in the directory; project-1 has to be sent
    assert desk.sends("sub_job", external_id="sub_job-1").state is State.SENT
    desk.event(data("sub_job", external_id="sub_job-2", project="project-1"))
    desk.sends("project")
    desk.passes_the_time()
    assert desk.item("sub_job", "sub_job-2").state is State.SENT


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_child_of_another_project_than_its_commitment_is_refused(desk: Desk, kind: str) -> None:
    # Given a commitment of one project, and another project that is known
    desk.sends()
    desk.sends("project", external_id="pm-20")
    # When a child of it names that other one
    desk.event(data(kind, project="pm-20"))
    # Then both are named, at once
    assert desk.reasons() == [
        "it names the project pm-20; commitment SC-1001 belongs to pm-12",
    ]
    assert [each["field"] for each in desk.refusal()["errors"]] == ["project"]
    assert not desk.has(kind)


def test_a_project_may_come_a_moment_after_what_names_it(desk: Desk) -> None:
    # Given a commitment of no project, and an invoice whose project has not come yet
    desk.sends(project=None)
    desk.event(data("invoice", project="pm-20"))
    assert desk.facts() == ["received"]
    # When it comes, the invoice is taken; had it not, it would be refused
    desk.sends("project", external_id="pm-20")
    desk.passes_the_time()
    assert desk.item("invoice").state is State.SENT
    desk.event(data("change_order", project="pm-21"))
    desk.passes_the_time()
    assert desk.reasons() == ["its project pm-21 is not known"]
