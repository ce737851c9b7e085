"""What a daily summary tells, and of what."""

import pytest

from gatepost.domain.items import Party
from gatepost.domain.kinds import Kind
from gatepost.messages.requests import Action
from gatepost_notifier.awaiting import MOST_LISTED
from tests.services.notifier.days import CONTENT, CORRECTED, SUBJECT, Days, days

from .conftest import ANN, BO, OMAR, Office, sending

__all__ = ["days"]


def test_a_resent_item_is_not_alerted_but_summarized_with_what_changed(days: Days) -> None:
    # Given a commitment that Ann rejected, and that was corrected and sent again
    (item_id,) = days.arrive(content=CONTENT)
    days.office.posts()
    days.office.decides(item_id, Action.REJECT, comment="wrong cost code")
    days.arrive(revision=2, content=CORRECTED, title="Steel, tower B")
    for recipient in (ANN, BO):
        assert days.office.mails(recipient)[-1]["status"] == "held_back"

    # When the next morning comes
    days.are("2026-11-21 09:00")
    days.office.posts()

    # Then both approvers are told that it is back, from whom, and with what
    for recipient in (ANN, BO):
        (mail,) = [mail for mail in days.office.inbox(recipient) if mail["subject"] == SUBJECT]
        for part in ("text", "html"):
            assert "resent after it was rejected by Ann Ode" in mail[part]
            assert "title: was Steel erection, tower B, now Steel, tower B" in mail[part]
            assert "line l-1, cost code: was 05-100, now 05-120" in mail[part]
            assert "amount: was" not in mail[part], "12400 is 12400.00"
            assert f"https://gate.harbor.example/items/{item_id}" in mail[part]
        assert "12,400.00 USD" in mail["text"]
        assert mail["headers"]["X-Gatepost-Reason"].startswith("you are an accounting approver")


def test_a_reject_answered_by_an_acceptance_that_was_taken_back_is_still_told(days: Days) -> None:
    # Given a commitment that was rejected, resent unchanged, accepted and taken back
    (item_id,) = days.arrive(content=CONTENT)
    days.office.decides(item_id, Action.REJECT, comment="no")
    days.arrive(content=CONTENT)
    days.office.decides(item_id, Action.ACCEPT)
    days.office.decides(item_id, Action.TAKE_BACK)

    # When the next morning comes
    days.are("2026-11-21 07:00")

    # Then the summary says so
    (mail,) = days.summaries(ANN)
    assert "resent after it was rejected by Ann Ode; nothing was changed" in mail["text"]


def test_an_update_of_what_is_in_the_erp_is_no_resend(days: Days) -> None:
    (item_id,) = days.arrive(content=CONTENT)
    days.office.decides(item_id, Action.REJECT, comment="no")
    days.arrive(revision=2, content=CORRECTED)
    with days.office.ledger.work() as work:
        work.item(item_id).rejection = None  # as the exporter leaves it
    days.office.is_in_the_erp(item_id)
    days.arrive(revision=3, content=CONTENT)
    days.are("2026-11-21 07:00")
    (mail,) = days.summaries(ANN)
    assert "an update" in mail["text"]
    assert "resent" not in mail["text"]


def test_a_summary_names_what_its_reader_may_decide(days: Days) -> None:
    # Given that Bo decides on projects only, and Ann sent one of two commitments herself
    days.keep(bo='kinds = ["project"]\n')
    project = sending(Kind.PROJECT, "pm-12", number="26-012", title="Harbor Bridge", total=None)
    own = sending(external_id="pm-559", number="SC-2", sent_by=Party(ANN))
    days.arrive(sending(), own, project)

    # When the morning comes
    days.are("2026-11-21 09:00")

    # Then each reads of what they may accept
    (anns,), (bos,) = days.summaries(ANN), days.summaries(BO)
    assert "2 items await" in anns["text"]
    assert "SC-1001" in anns["text"]
    assert "SC-2" not in anns["text"]
    assert "1 item awaits" in bos["text"]
    assert "26-012" in bos["text"]


def test_a_long_list_begins_with_what_came_back_and_counts_the_rest(days: Days) -> None:
    # Given more items than a mail names, the youngest of which is back after a reject
    many = [sending(external_id=f"pm-{n}", number=f"SC-{n}") for n in range(MOST_LISTED + 5)]
    ids = days.arrive(*many)
    days.office.decides(ids[-1], Action.REJECT, comment="no")
    days.arrive(many[-1])

    # When the morning comes
    days.are("2026-11-21 07:00")

    # Then it is the first that is named
    (mail,) = days.summaries(ANN)
    assert f"{len(many)} items await" in mail["text"]
    assert "And 5 more." in mail["text"]
    assert mail["text"].index(f"SC-{MOST_LISTED + 4}:") < mail["text"].index("SC-0:")


def test_amounts_are_for_those_who_read_the_books(days: Days) -> None:
    """An approver always does; the operator, who decides nothing, gets no summary at all."""
    days.arrive()
    days.are("2026-11-21 09:00")
    assert "12,400.00 USD" in days.summaries(ANN)[0]["text"]
    assert not days.summaries(OMAR)


def test_what_is_above_the_reader_s_limit_is_marked(days: Days) -> None:
    # Given Ann, who may accept up to 10,000, and Bo, who may accept anything
    days.keep(ann='amount_limit = "10000"\n')
    days.arrive()

    # When both get their summary, then hers says what she may do about it
    days.are("2026-11-21 09:00")
    marked = "above your limit of 10,000: you may only reject it"
    assert f"12,400.00 USD, {marked}, Harbor Bridge" in days.summaries(ANN)[0]["text"]
    assert marked in days.summaries(ANN)[0]["html"]
    assert marked not in days.summaries(BO)[0]["text"]

    # And once her limit is as high, nothing is marked
    days.keep(ann='amount_limit = "12400"\n')
    days.are("2026-11-22 09:00")
    assert sorted(marked in mail["text"] for mail in days.summaries(ANN)) == [False, True]


def test_without_a_mail_server_summaries_are_written_and_kept(
    unserved: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = Days(unserved, monkeypatch)
    days.arrive()
    days.are("2026-11-21 07:00")
    (mail,) = days.summaries(ANN)
    assert (mail["status"], mail["reason"]) == ("written", "kept: no SMTP server is configured")
    assert mail["subject"] == SUBJECT
