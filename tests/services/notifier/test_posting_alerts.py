"""Alerts over a real wire: gathered into one mail, and dropped when everything was decided."""

from gatepost.ledger import tables
from gatepost.messages.requests import Action

from .conftest import ANN, BO, UMA, Office, by_status, sending

COMMITMENTS = [sending(external_id=f"pm-{n}", number=f"SC-{n}") for n in (1, 2, 3)]


def test_an_alert_reaches_every_approver(office: Office) -> None:
    # Given a commitment that was sent
    (item_id,) = office.arrives(sending())

    # When the mails are posted
    office.posts()

    # Then Ann and Bo each have one, with the headers of its thread
    for recipient in (ANN, BO):
        (mail,) = office.inbox(recipient)
        (row,) = office.mails(recipient)
        assert mail["subject"].startswith("[Ready To Export] Commitment SC-1001")
        assert mail["headers"]["Message-ID"] == row["message_id"]
        assert mail["headers"]["References"] == f"<item.{item_id}@harbor.example>"
        assert mail["text"].strip() == row["text"].strip()
        assert f"https://gate.harbor.example/items/{item_id}" in mail["html"]
        assert row["status"] == "sent"
        assert row["sent_at"] is not None
    assert office.messages() == []


def test_alerts_that_wait_go_as_one_mail(office: Office) -> None:
    # Given three commitments that came one by one, and nobody was told yet
    ids = [office.arrives(each)[0] for each in COMMITMENTS]

    # When the mails are posted
    office.posts()

    # Then there is one mail for each approver, and it names all three, oldest first
    for recipient in (ANN, BO):
        (mail,) = office.inbox(recipient)
        assert mail["subject"] == "Harbor Builders: 3 items await your Accept or Reject"
        places = [mail["text"].index(item_id) for item_id in ids]
        assert places == sorted(places)
        assert "In-Reply-To" not in mail["headers"]

        # And each alert's row says what became of it, under its own item
        carrier, *others = office.mails(recipient)
        assert carrier["status"] == "sent"
        assert [row["status"] for row in others] == ["merged", "merged"]
        assert {row["merged_into"] for row in others} == {carrier["id"]}
        assert [row["item_id"] for row in (carrier, *others)] == ids


def test_what_was_decided_before_it_left_is_dropped(office: Office) -> None:
    # Given three that wait, of which the second is decided meanwhile
    first, second, third = (office.arrives(each)[0] for each in COMMITMENTS)
    office.decides(second, Action.ACCEPT)

    # When the mails are posted
    office.posts()

    # Then it is not in the mail, and its row says why
    (mail,) = office.inbox(ANN)
    assert first in mail["text"]
    assert second not in mail["text"]
    assert third in mail["text"]
    dropped = next(row for row in office.mails(ANN) if row["status"] == "dropped")
    assert (dropped["item_id"], dropped["reason"]) == (second, "dropped: decided before it left")


def test_when_all_was_decided_nothing_leaves(office: Office) -> None:
    (item_id,) = office.arrives(sending())
    office.decides(item_id, Action.ACCEPT)
    office.posts()
    assert office.mailbox.mails() == []
    assert by_status(office, ANN) == {"dropped": 1}


def test_a_row_whose_own_item_was_decided_still_carries_the_others(office: Office) -> None:
    # Given two that came together, so that one request stands for both; the first is decided
    first, second = office.arrives(*COMMITMENTS[:2])
    office.decides(first, Action.RETRIEVE, by=UMA)

    # When the mails are posted
    office.posts()

    # Then the second was told, and either item's row tells its own story
    (mail,) = office.inbox(ANN)
    assert mail["headers"]["References"] == f"<item.{second}@harbor.example>"
    assert {row["item_id"]: row["status"] for row in office.mails(ANN)} == {
        first: "dropped",
        second: "sent",
    }


def test_alerts_held_back_stay_as_they_are(office: Office) -> None:
    # Given a commitment sent again after a rejection
    (item_id,) = office.arrives(sending())
    office.decides(item_id, Action.REJECT, comment="no")
    office.arrives(sending(revision=2))

    # When all mails are posted
    office.posts()

    # Then no approver was alerted: the first came too late, the second is held back
    assert office.mailbox.mails() == []
    assert by_status(office, ANN) == {"dropped": 1, "held_back": 1}


def test_alerts_are_kept_apart_by_company_and_by_person(office: Office) -> None:
    # Given that Bo's alert has left already
    office.arrives(COMMITMENTS[0])
    with office.ledger.work() as work:
        for row in office.mails(BO):
            work.change(tables.mails, row["id"], status="sent")
    office.arrives(COMMITMENTS[1])
    office.posts()

    # Then Ann's mail has both, Bo's only the new one
    assert "2 items" in office.inbox(ANN)[0]["subject"]
    assert "SC-2" in office.inbox(BO)[0]["subject"]


def test_without_a_mail_server_alerts_are_written_and_kept(unserved: Office) -> None:
    unserved.arrives(*COMMITMENTS[:2])
    unserved.posts()
    written, merged = unserved.mails(ANN)
    assert written["status"] == "written"
    assert written["reason"] == "kept: no SMTP server is configured"
    assert "SC-1" in written["text"]
    assert "SC-2" in written["text"]
    assert merged["status"] == "merged"
    assert unserved.messages() == []
