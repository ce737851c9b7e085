"""What became of an item, told to those who should know: one row and one request for each."""

from dataclasses import replace
from typing import Any

import pytest

from gatepost.domain.items import Cause, Sending
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.domain.lifecycle import State
from gatepost.ledger import directory_file
from gatepost.messages.requests import Action, TellOfFailure, TellOfRejection, TellOfSync

from .conftest import ANN, BO, CARLA, DIRECTORY, OMAR, UMA, Office, sending

CAUSE = Cause(
    key="ReferenceNotFound:3120",
    cls="ReferenceNotFound",
    message="Vendor V-100 is not in the ERP.",
    who_can_fix="whoever keeps the vendors in the ERP",
    erp_code="3120",
)
PROJECT = sending(Kind.PROJECT, "pm-12", number="26-012", title="Harbor Bridge", total=None)
SUB_JOB = sending(Kind.SUB_JOB, "pm-201", number="01-100", title="Survey", total=None)
CHANGE = sending(Kind.CHANGE_ORDER, "pm-9", number="CCO-1", parent="pm-558", currency=None)
INVOICE = sending(Kind.INVOICE, "pm-8", number="INV-7", parent="pm-558", currency=None)


def wants_synced_mails(office: Office, *emails: str) -> None:
    text = DIRECTORY
    for email in emails:
        line = f'email = "{email}"\n'
        text = text.replace(line, f"{line}synced_mail = true\n")
    directory_file.apply(office.program.database, directory_file.parse(text))


def told_of(office: Office, template: str) -> dict[str, dict[str, Any]]:
    """The mails of a template, by recipient."""
    mails = [mail for mail in office.mails() if mail["template"] == template]
    return {mail["recipient"]: mail for mail in mails}


@pytest.mark.parametrize(
    ("sent", "template", "subject", "recipients"),
    [
        # a project: creator and sender, and the project's approvers
        (PROJECT, "rejection_project", "ERP Project Rejection Notification", {CARLA, UMA, ANN, BO}),
        # all others: creator and sender
        (SUB_JOB, "rejection_sub_job", "ERP Sub Job Rejection Notification", {CARLA, UMA}),
        (
            sending(),
            "rejection_commitment",
            "Harbor Builders: ERP Commitment Rejection Notification",
            {CARLA, UMA},
        ),
        (CHANGE, "rejection_change_order", "ERP CCO Rejection Notification", {CARLA, UMA}),
        (INVOICE, "rejection_invoice", "ERP Invoice Rejection Notification", {CARLA, UMA}),
    ],
)
def test_a_rejection_is_told_by_kind(
    office: Office, sent: Sending, template: str, subject: str, recipients: set[str]
) -> None:
    # Given an item that waits; invoices pass by themselves at this company, so it has failed
    (item_id,) = office.arrives(sent)
    if sent.ref.kind is Kind.INVOICE:
        office.becomes(item_id, State.FAILED)

    # When an approver rejects it
    office.decides(item_id, Action.REJECT, comment="wrong cost code\nuse 05-120")
    office.writes()

    # Then everybody concerned has a mail that is written, and will be posted
    mails = told_of(office, template)
    assert set(mails) == recipients
    for mail in mails.values():
        assert mail["subject"] == subject
        assert mail["status"] == "written"
        assert "wrong cost code\nuse 05-120" in mail["text"]
        assert "Ann Ode rejected it on" in mail["text"]
        assert "editable again" in mail["text"]
        assert "https://pm.harbor.example/harbor/commitments/558" in mail["text"]
        assert mail["message_id"] == f"<mail.{mail['id']}@harbor.example>"
        assert mail["thread"] == f"<item.{item_id}@harbor.example>"
    requests = [row for row in office.messages() if row["type"] == "PostMail"]
    assert {mail["id"] for mail in mails.values()} <= {row["body"]["mail_id"] for row in requests}


def test_everybody_is_told_why_they_got_it_and_in_their_own_time(office: Office) -> None:
    # Given a project that Carla created and Uma sent, and a commitment Carla did both with
    (project,) = office.arrives(PROJECT)
    (own,) = office.arrives(sending(sent_by=PROJECT.created_by))

    # When both are rejected
    for item_id in (project, own):
        office.decides(item_id, Action.REJECT, comment="no")
    office.writes()

    # Then each mail has its own reason
    mails = told_of(office, "rejection_project")
    assert mails[CARLA]["reason"] == "you created this project"
    assert mails[UMA]["reason"] == "you sent this project"
    assert mails[BO]["reason"] == "you are an accounting approver of this project"
    assert "because you sent this project." in mails[UMA]["text"]
    (mail,) = told_of(office, "rejection_commitment").values()
    assert mail["reason"] == "you created and sent this commitment"

    # And of a project without approvers of its own, they are the company's
    unknown = replace(PROJECT, ref=ItemRef("harbor", Kind.PROJECT, "pm-77"))
    (elsewhere,) = office.arrives(unknown)
    office.decides(elsewhere, Action.REJECT, comment="no")
    office.writes()
    none = "and this project has none of its own"
    reasons = {mail["reason"] for mail in office.mails(BO) if mail["item_id"] == elsewhere}
    assert f"you are an accounting approver of Harbor Builders, {none}" in reasons

    # And its own clock: Ann reads it in Oslo
    assert "CE" in mails[ANN]["text"].split("rejected it on")[1].split(",")[0]
    assert "UTC" in mails[BO]["text"].split("rejected it on")[1].split(",")[0]


def test_a_rejection_told_late_tells_of_that_rejection(office: Office) -> None:
    # Given a commitment that was rejected, corrected, sent again and accepted
    (item_id,) = office.arrives(sending())
    office.decides(item_id, Action.REJECT, by=BO, comment="wrong cost code")
    office.arrives(sending(revision=2))
    office.decides(item_id, Action.ACCEPT)

    # When the notifier gets to the rejection only then
    office.writes()

    # Then it says who rejected it and why, and promises no editing
    mail = told_of(office, "rejection_commitment")[CARLA]
    assert "Bo Lind rejected it on" in mail["text"]
    assert "wrong cost code" in mail["text"]
    assert "editable" not in mail["text"]


def test_amounts_of_changes_have_their_commitments_currency(office: Office) -> None:
    office.arrives(sending(currency="NOK"))
    (change,) = office.arrives(CHANGE)
    office.decides(change, Action.REJECT, comment="no")
    office.writes()
    assert "12,400.00 NOK" in told_of(office, "rejection_change_order")[CARLA]["text"]


def test_a_failure_is_told_to_who_accepted_it_and_to_the_operators(office: Office) -> None:
    # Given a commitment that Ann accepted and the ERP refused
    (item_id,) = office.arrives(sending())
    office.decides(item_id, Action.ACCEPT)
    office.becomes(item_id, State.FAILED, cause=CAUSE, attempts=4)

    # When the notifier is told
    office.told(TellOfFailure(item_id=item_id, revision=1))
    office.posts()

    # Then both learn what the ERP said, who can fix it and how often it was tried
    mails = told_of(office, "failed_export")
    assert set(mails) == {ANN, OMAR}
    assert mails[ANN]["reason"] == "you accepted this commitment"
    assert mails[OMAR]["reason"] == "you are an operator of Harbor Builders"
    for sentence in ("Vendor V-100 is not in the ERP. (3120)", CAUSE.who_can_fix, "tried 4 times"):
        assert sentence in mails[OMAR]["text"]
    assert f"https://gate.harbor.example/items/{item_id}" in mails[ANN]["text"]


def test_an_operator_who_does_not_read_the_books_gets_no_amounts(office: Office) -> None:
    # Given an operator without any level on the ERP tool
    text = DIRECTORY.replace('erp_tool = "read_only"\noperator', 'erp_tool = "none"\noperator')
    assert text != DIRECTORY
    directory_file.apply(office.program.database, directory_file.parse(text))
    (item_id,) = office.arrives(sending())
    office.decides(item_id, Action.ACCEPT)
    office.becomes(item_id, State.FAILED, cause=CAUSE)

    # When a failure is told
    office.told(TellOfFailure(item_id=item_id, revision=1))
    office.posts()

    # Then only who accepted it reads how much it is about
    mails = told_of(office, "failed_export")
    assert "12,400.00 USD" in mails[ANN]["text"]
    for part in ("subject", "text", "html"):
        assert "12,400" not in mails[OMAR][part]


def test_failures_of_one_moment_are_one_mail_grouped_by_cause(office: Office) -> None:
    # Given three commitments of Ann's that failed for two causes, and one that was retried since
    ids = office.arrives(*(sending(external_id=f"pm-{n}", number=f"SC-{n}") for n in (1, 2, 3, 4)))
    closed = replace(CAUSE, key="PeriodClosed", message="Period 2026-10 is closed.", erp_code="")
    for item_id, cause in zip(ids, (CAUSE, closed, CAUSE, CAUSE), strict=True):
        office.decides(item_id, Action.ACCEPT)
        office.becomes(item_id, State.FAILED, cause=cause, attempts=1)
    with office.ledger.work() as work:
        for item_id in ids:
            work.send(TellOfFailure(item_id=item_id, revision=1))
    office.writes()
    office.decides(ids[3], Action.RETRY)

    # When they are posted
    office.posts()

    # Then Ann has one mail, which says each cause once
    (mail,) = [mail for mail in office.inbox(ANN) if "failed" in mail["subject"]]
    assert mail["subject"] == "Harbor Builders: 3 items failed to export"
    assert mail["text"].count("Vendor V-100 is not in the ERP. (3120)") == 1
    assert mail["text"].count("Period 2026-10 is closed.") == 1
    assert mail["text"].index("2 items: Vendor") < mail["text"].index("1 item: Period")
    assert "SC-4" not in mail["text"]

    # And each failure is a row that says what became of it
    rows = [row for row in office.mails(ANN) if row["template"] == "failed_export"]
    assert [(row["status"], row["reason"].partition(":")[0]) for row in rows] == [
        ("sent", "you accepted this commitment"),
        ("merged", "merged"),
        ("merged", "merged"),
        ("dropped", "dropped"),
    ]
    assert not [row for row in office.messages() if row["queue"] == "notify.post"]


def test_a_failure_somebody_saw_to_already_is_written_down_and_not_told(office: Office) -> None:
    (item_id,) = office.arrives(sending())
    office.becomes(item_id, State.EXPORTING)
    office.told(TellOfFailure(item_id=item_id, revision=1))
    (mail,) = told_of(office, "failed_export").values()
    assert (mail["recipient"], mail["status"]) == (OMAR, "dropped")
    assert mail["reason"] == "dropped: it was exporting before this left"
    assert not [row for row in office.messages() if row["body"].get("mail_id") == mail["id"]]


def test_only_who_asked_for_it_hears_that_it_is_in_the_erp(office: Office) -> None:
    # Given that Uma asked for it and Carla did not
    wants_synced_mails(office, UMA)
    (item_id,) = office.arrives(sending())
    office.is_in_the_erp(item_id)

    # When the notifier is told
    office.told(TellOfSync(item_id=item_id, revision=1))

    # Then only Uma gets the number
    (mail,) = told_of(office, "synced").values()
    assert mail["recipient"] == UMA
    assert mail["subject"] == "Commitment SC-1001 is in the sandbox ERP as 4711"
    assert mail["reason"] == "you sent this commitment and asked to hear when it is in the ERP"


def test_nothing_is_said_of_what_was_unlinked_meanwhile(office: Office) -> None:
    wants_synced_mails(office, UMA)
    (item_id,) = office.arrives(sending())
    office.told(TellOfSync(item_id=item_id, revision=1))
    assert not told_of(office, "synced")


def test_without_a_mail_server_mails_are_kept_and_say_so(unserved: Office) -> None:
    # Given no SMTP URL
    (item_id,) = unserved.arrives(sending())

    # When a commitment is rejected
    unserved.decides(item_id, Action.REJECT, comment="no")
    unserved.writes()

    # Then the mails can be read here, and nobody is asked to post them
    mails = told_of(unserved, "rejection_commitment")
    assert {mail["status"] for mail in mails.values()} == {"written"}
    assert {mail["reason"] for mail in mails.values()} == {"kept: no SMTP server is configured"}
    assert "wrong" not in mails[CARLA]["text"]
    left = {row["body"].get("mail_id") for row in unserved.messages()}
    assert not left & {mail["id"] for mail in mails.values()}


def test_a_message_about_an_unknown_item_is_parked_for_an_operator(office: Office) -> None:
    office.told(TellOfRejection(item_id=ItemRef("harbor", Kind.INVOICE, "x").item_id, revision=1))
    (left,) = office.messages()
    assert left["due_at"] is None
    assert "there is no item" in left["last_error"]
