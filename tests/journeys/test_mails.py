"""Who reads which mail, and who does not."""

import re
from datetime import UTC, datetime, time
from typing import Final

import pytest
import sqlalchemy as sa

from gatepost.domain.kinds import Kind
from gatepost.ledger import tables
from gatepost.messages.requests import Summarize
from tests.journeys import company
from tests.journeys.company import ANN, BO, CARLA, OMAR, UMA, Event, commitment
from tests.journeys.covering import posts
from tests.journeys.gate import Gate
from tests.journeys.other_companies import enter

PARENT: Final = "m-parent"
#: Its reader decides there without signing in.
LINK: Final = re.compile(r"/r/[\w-]{43}(?![\w-])")

ALERTING: Final = """
[[people]]
email = "quinn@acme.example"
name = "Quinn Vale"
erp_tool = "standard"
can_push_to_accounting = true
alerts = false
daily_summary = false

[[people]]
email = "ivo@acme.example"
name = "Ivo Marx"
erp_tool = "standard"
can_push_to_accounting = true
kinds = ["invoice"]
daily_summary = false
"""

SENDING: Final = """
[[people]]
email = "ann@acme.example"
name = "Ann Ode"
erp_tool = "standard"
can_push_to_accounting = true
daily_summary = false
tools = { commitments = "admin" }
"""

CURIOUS: Final = """
[[people]]
email = "carla@acme.example"
name = "Carla Ruiz"
tools = { admin = "admin", commitments = "admin" }
synced_mail = true
"""

DAILY: Final = """
[[people]]
email = "ann@acme.example"
name = "Ann Ode"
erp_tool = "standard"
can_push_to_accounting = true
summary_hour = 0
"""


@posts("alert")
def test_an_arrival_alerts_the_approvers_and_nobody_else(gate: Gate) -> None:
    # Given an approver who wants no alerts, and one who may not decide on commitments
    enter(gate, "alerting", people=ALERTING)

    # When a commitment arrives
    sent = gate.sends(commitment("m-1", company="alerting"))

    # Then all other approvers read of it, with its amount and where to decide
    subject = "[Ready To Export] Commitment SC-m-1 \N{EN DASH} Steel erection, tower B"
    subject += " \N{EN DASH} 20,000.00 USD"
    assert gate.readers(subject, about="awaits your Accept or Reject") == {ANN, BO}
    assert {person for mail in gate.mails(about="SC-m-1") for person in mail.to} == {ANN, BO}
    assert LINK.search(gate.mail(ANN, about="SC-m-1").text)

    # And it is written down why the one is not told
    [held] = gate.mail_rows(sent, "held_back")
    assert (held["recipient"], held["reason"]) == (
        "quinn@acme.example",
        "held back: Quinn Vale has opted out of alerts",
    )


def test_an_approver_who_sent_it_is_not_alerted_and_may_not_accept_it(gate: Gate) -> None:
    # Given a commitment that an approver sent
    enter(gate, "sending", people=SENDING)
    by_ann = {"email": ANN, "name": "Ann Ode"}
    sent = gate.sends(commitment("m-2", company="sending", sent_by=by_ann))

    # Then the other one is alerted, she is not, and she cannot accept it
    gate.mail(BO, about="SC-m-2")
    gate.is_quiet()
    assert gate.mails(ANN, about="SC-m-2") == []
    [held] = gate.mail_rows(sent, "held_back")
    assert (held["recipient"], held["reason"]) == (
        ANN,
        "held back: Ann Ode sent it and may not accept it",
    )
    assert gate.accepts(sent, by=ANN) == "not_entitled"
    assert gate.accepts(sent, by=BO) == "done"
    gate.becomes(sent, "synced")


REJECTIONS: Final[dict[Kind, tuple[str, str, set[str]]]] = {
    # its creator, its sender and the project's approvers, of whom Bo is none
    Kind.PROJECT: ("J-pm-12", "ERP Project Rejection Notification", {CARLA, UMA, ANN}),
    # all others: creator and sender
    Kind.SUB_JOB: ("M-SUB", "ERP Sub Job Rejection Notification", {CARLA, UMA}),
    Kind.COMMITMENT: (
        "SC-m-commitment",
        "Acme Builders: ERP Commitment Rejection Notification",
        {CARLA, UMA},
    ),
    Kind.CHANGE_ORDER: ("CCO-m-change_order", "ERP CCO Rejection Notification", {CARLA, UMA}),
    Kind.INVOICE: ("INV-m-invoice", "ERP Invoice Rejection Notification", {CARLA, UMA}),
}


@posts(*(f"rejection_{kind}" for kind in REJECTIONS))
@pytest.mark.parametrize("kind", REJECTIONS)
def test_a_rejection_is_read_by_whoever_can_correct_it(gate: Gate, kind: Kind) -> None:
    # Given an item that waits for a decision
    enter(gate, "strict", settings="")
    number, subject, readers = REJECTIONS[kind]
    sent = gate.sends(what_waits(gate, kind))

    # When it is rejected
    assert gate.rejects(sent, by=BO, comment=f"{number} has a wrong cost code") == "done"

    # Then those read of it who should, each once
    assert gate.readers(subject, about=f"{number} has a wrong cost code") == readers

    # And they read who rejected it, why, that they may edit it, and where
    for person in readers:
        text = gate.mail(person, about=f"{number} has a wrong cost code").text
        assert "Bo Lind rejected it on" in text
        assert "It is editable again at its source" in text
        assert gate.row(sent)["url"] in text


@posts("failed_export")
def test_a_failure_is_read_by_who_accepted_it_and_by_the_operators(gate: Gate) -> None:
    # Given an ERP that refuses a commitment
    gate.is_quiet()
    gate.erp_behaves("refuse", kinds=["commitment"], code="unknown_vendor", message="No V-100.")

    # When it is accepted
    sent = gate.sends(commitment("m-3"))
    gate.accepts(sent, by=BO)
    gate.becomes(sent, "failed")

    # Then its approver and the operator read what the ERP said, its creator and the others do not
    subject = "[Failed To Export] Commitment SC-m-3 \N{EN DASH} Steel erection, tower B"
    assert gate.readers(subject, about="No V-100. (unknown_vendor)") == {BO, OMAR}
    assert {person for mail in gate.mails(about="No V-100.") for person in mail.to} == {BO, OMAR}

    # And the operator, who is to mend it, does not read the amount
    assert "20,000.00" in gate.mail(BO, about="No V-100.").text
    assert "20,000.00" not in gate.mail(OMAR, about="No V-100.").text
    assert gate.rejects(sent, by=BO, comment="another vendor, please") == "done"


@posts("synced")
def test_it_is_in_the_erp_is_read_by_those_who_asked_for_it(gate: Gate) -> None:
    # Given a creator who asked to hear of it, and a sender who did not
    enter(gate, "tidings", people=CURIOUS)
    sent = gate.sends(commitment("m-4", company="tidings"))

    # When it is accepted
    gate.accepts(sent, by=ANN)
    gate.becomes(sent, "synced")

    # Then she alone reads under which number the ERP has it
    subject = "Commitment SC-m-4 is in the sandbox ERP as SC-m-4"
    assert gate.readers(subject, about="is in the sandbox ERP") == {CARLA}


@posts("summary")
def test_what_waits_is_in_the_summary_of_who_wants_one(gate: Gate) -> None:
    # Given a company where Ann gets the summary at midnight, and Bo gets none
    enter(gate, "daily", people=DAILY)
    resent = commitment("m-5", company="daily")
    item = gate.sends(resent)
    gate.rejects(item, by=BO, comment="the retainage is wrong")
    gate.sends(company.corrected(resent, retainage_percent="5"))
    gate.sends(commitment("m-6", company="daily"))
    done = gate.sends(commitment("m-7", company="daily"))
    gate.accepts(done, by=ANN)
    gate.becomes(done, "synced")

    # When her hour has come
    summary_is_due(gate, "daily")

    # Then Ann reads what waits for her, what is back after a reject first, with what changed in it
    text = gate.mail(ANN, about="ERP Integrations Daily Summary").text
    assert "2 items await your Accept or Reject" in text
    assert text.index("SC-m-5") < text.index("SC-m-6")
    assert "resent after it was rejected by Bo Lind" in text
    assert "was 10, now 5" in text
    assert len(LINK.findall(text)) == 2, "each of the two has its own"
    assert "SC-m-7" not in text

    # And nobody else has one, though others were alerted
    assert gate.readers("ERP Integrations Daily Summary", about="SC-m-6") == {ANN}
    assert gate.mails(BO, about="SC-m-6")


def what_waits(gate: Gate, kind: Kind) -> Event:
    """An item of that kind; the commitment it belongs to is sent."""
    where = {"company": "strict"}  # which lets nothing pass by itself
    match kind:
        case Kind.PROJECT:
            return company.project("pm-12", **where)
        case Kind.SUB_JOB:
            return company.sub_job("m-sub", code="M-SUB", **where)
        case Kind.COMMITMENT:
            return commitment("m-commitment", **where)
    gate.sends(commitment(PARENT, **where))
    if kind is Kind.CHANGE_ORDER:
        return company.change_order("m-change_order", PARENT, **where)
    return company.invoice("m-invoice", PARENT, **where)


def summary_is_due(gate: Gate, key: str) -> None:
    """Ann's plan at that company is for the midnight that is over."""
    with gate.stack.ledger.work() as work:
        at = datetime.combine(work.now.date(), time(), UTC)
        plan = sa.update(tables.summaries).where(tables.summaries.c.company == key)
        planned = work.connection.execute(plan.values(day=at.date().isoformat(), due_at=at))
        assert planned.rowcount == 1, "she alone wants one"
        work.send(Summarize(company=key, email=ANN, at=at))
