"""Mails over a real wire: posted once, and what happens when that does not go smoothly."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from gatepost.domain.items import Item, Party
from gatepost.domain.lifecycle import State
from gatepost.ledger.ledger import Hold
from gatepost.ledger.work import Work
from gatepost.messages.requests import Action
from gatepost.runtime.service import Report
from gatepost_notifier.delivering import MailCall
from gatepost_notifier.outcomes import Outcome
from gatepost_sandbox.mailbox import MailBehaviour, MailMode

from .conftest import ANN, CARLA, UMA, Office, by_status, forget_settings, sending

COMMITMENTS = [sending(external_id=f"pm-{n}", number=f"SC-{n}") for n in (1, 2, 3)]


def dies_before_recording(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Post what may be posted, and lose the process before the outcome is written."""

    def gone(_work: Work, _outcomes: Sequence[tuple[MailCall, Outcome]]) -> list[Hold]:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(office.posting, "record", gone)
        with pytest.raises(SystemExit):
            office.posts()


def test_a_mail_that_is_put_off_goes_later(office: Office) -> None:
    # Given a rejection mail, and a server that takes nothing just now
    rejection(office)
    office.mailbox.refuse_next(2, code=451)

    # When it is posted, and once more after its wait
    office.posts()
    assert by_status(office, CARLA) == {"written": 1}
    causes = [row["last_error"] for row in office.messages()]
    assert causes == ["the mail server said 451 4.3.0 The sandbox was told to refuse"] * 2
    office.posts_all()

    # Then it has arrived once
    assert len(office.inbox(CARLA)) == 1
    assert by_status(office, CARLA) == {"sent": 1}


def test_an_alert_that_is_put_off_is_written_anew(office: Office) -> None:
    # Given two alerts in one mail that the server put off
    first, second = (office.arrives(each)[0] for each in COMMITMENTS[:2])
    office.mailbox.refuse_next(2, code=450)
    office.posts()
    assert by_status(office, ANN) == {"waiting": 2}

    # When the first is decided and a third comes before the next try
    office.decides(first, Action.ACCEPT)
    (third,) = office.arrives(COMMITMENTS[2])
    office.posts()
    office.posts_all()

    # Then the mail tells what waits by then
    (mail,) = office.inbox(ANN)
    assert first not in mail["text"]
    assert second in mail["text"]
    assert third in mail["text"]
    assert by_status(office, ANN) == {"dropped": 1, "merged": 1, "sent": 1}


def test_a_mail_nobody_will_take_has_failed_with_the_servers_answer(office: Office) -> None:
    rejection(office)
    office.mailbox.refuse_next(1, code=550)
    office.posts()
    failed = [row for row in office.mails() if row["status"] == "failed"]
    (mail,) = failed
    assert mail["reason"] == "failed: the mail server said 550 5.3.0 The sandbox was told to refuse"
    assert len(office.mailbox.mails()) == 1  # the other one: one bad mail holds up nobody
    assert office.messages() == []


def test_tries_are_used_up_sometime(office: Office) -> None:
    # Given a server that puts everything off
    rejection(office)
    office.mailbox.switch.turn(MailBehaviour(mode=MailMode.REFUSE, code=452))

    # When three tries were made
    office.posts()
    office.posts_all()

    # Then the mail has failed, and says after how many
    (mail,) = [row for row in office.mails(CARLA) if row["status"] == "failed"]
    assert mail["reason"].startswith("failed after 3 tries: the mail server said 452")


def test_a_server_that_is_down_is_waited_for_without_end(
    unserved: Office, environment: pytest.MonkeyPatch
) -> None:
    # Given nobody listening where the mail server should be
    environment.setenv("GATEPOST_SMTP_URL", "smtp://127.0.0.1:1")
    environment.setenv("GATEPOST_NOTIFIER_LONGEST_WAIT", "0.02")
    forget_settings()
    office = Office(unserved.program, unserved.sandbox)
    rejection(office)

    # When it was tried more often than a mail is
    office.posts()
    for _ in range(5):
        office.posts_what_is_due()

    # Then the mails are as they were, no try was counted, and operators see why
    assert by_status(office, CARLA) == {"written": 1}
    for row in office.messages():
        assert row["attempts"] == 0
        assert row["last_error"].startswith("the mail server cannot be used: ")

    # And once it is back they leave
    environment.setenv("GATEPOST_SMTP_URL", unserved.sandbox.smtp_url)
    forget_settings()
    back = Office(unserved.program, unserved.sandbox)
    back.posts_all()
    assert len(back.inbox(CARLA)) == 1


def test_a_server_that_says_goodbye_is_no_mails_fault(office: Office) -> None:
    rejection(office)
    office.mailbox.refuse_next(1, code=421)
    office.posts()
    assert {row["attempts"] for row in office.messages()} == {0}
    assert by_status(office, CARLA) == {"written": 1}


def test_a_mail_whose_fate_is_unknown_goes_again_as_it_was(
    office: Office, environment: pytest.MonkeyPatch
) -> None:
    # Given a server that falls silent in the midst of an alert
    environment.setenv("GATEPOST_NOTIFIER_SMTP_TIMEOUT", "0.15")
    forget_settings()
    office = Office(office.program, office.sandbox)
    (item_id,) = office.arrives(sending())
    office.mailbox.switch.turn(MailBehaviour(mode=MailMode.HANG, delay=1, for_next=1))
    office.posts()
    hung = next(row for row in office.mails() if row["status"] == "posting")

    # When it is tried again, although the item was decided meanwhile
    office.decides(item_id, Action.ACCEPT)
    office.posts_all()

    # Then the same mail went out under the same id: perhaps it had arrived
    (mail,) = office.inbox(hung["recipient"])
    assert mail["headers"]["Message-ID"] == hung["message_id"]
    assert mail["subject"] == hung["subject"]


def test_a_crash_between_posting_and_recording_repeats_the_mail_under_its_id(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given alerts that were posted by a process that died before it wrote that down
    office.arrives(*COMMITMENTS[:2])
    dies_before_recording(office, monkeypatch)
    assert by_status(office, ANN) == {"merged": 1, "posting": 1}
    office.arrives(COMMITMENTS[2])

    # When the lease has ended
    with office.ledger.work() as work:
        work.connection.exec_driver_sql("update messages set due_at = created_at")
    office.posts_what_is_due()

    # Then the very same mail goes out again, so that mail programs can tell; the new alert by itself
    first, second = (mail for mail in office.inbox(ANN) if "2 items" in mail["subject"])
    assert first["headers"] == second["headers"]
    assert first["html"] == second["html"]
    assert len(office.inbox(ANN)) == 3
    assert by_status(office, ANN) == {"merged": 1, "sent": 2}
    assert office.messages() == []


def test_a_recipient_that_is_no_address_fails_alone(office: Office) -> None:
    # Given a creator whose address no mail server could take
    rejection(office, created_by=Party("not<an>address@x"))
    office.posts()
    (mail,) = office.mails("not<an>address@x")
    assert mail["status"] == "failed"
    assert "is no mail address" in mail["reason"]
    assert len(office.inbox(UMA)) == 1


def test_a_request_for_a_mail_that_is_gone_is_done_with(office: Office) -> None:
    office.arrives(sending())
    with office.ledger.work() as work:
        work.connection.exec_driver_sql("delete from mails")
    office.posts()
    assert office.messages() == []


def test_many_mails_go_over_one_connection_each_reported_once(office: Office) -> None:
    # Given forty rejections, eighty mails
    for number in range(40):
        rejection(office, external_id=f"pm-{number}")
    reported: list[MailCall] = []
    begun = threading.active_count()

    # When they are posted in one parcel
    perform = office.posting.perform

    def counted(calls: Sequence[MailCall], deadline: float, report: Report) -> None:
        def note(call: MailCall, outcome: Outcome) -> None:
            reported.append(call)
            report(call, outcome)

        perform(calls, deadline, note)

    office.posting.perform = counted  # type: ignore[method-assign]  # listening in
    office.posts()

    # Then each was reported once and has arrived once
    assert len(reported) == len({call.mail_id for call in reported}) == 80
    assert len(office.mailbox.mails()) == 80
    assert by_status(office, CARLA) == {"sent": 40}
    assert threading.active_count() <= begun + 2


def rejection(office: Office, **changed: Any) -> str:
    """A commitment that has failed and is rejected: mails to its creator and its sender."""
    sent = sending(
        changed.pop("kind", sending().ref.kind), changed.pop("external_id", "pm-558"), **changed
    )
    with office.ledger.work() as work:
        item = Item.new(sent, work.now)
        item.state = State.FAILED
        work.put(item)
    office.decides(sent.ref.item_id, Action.REJECT, comment="no")
    office.writes()
    return sent.ref.item_id
