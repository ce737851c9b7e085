"""The mails as their readers get them: what must be in each, and what must never be."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import UndefinedError

from gatepost_notifier.alerting import MOST_LISTED
from gatepost_notifier.awaiting import MOST_LISTED as SUMMARY_LISTS
from gatepost_notifier.digest import MOST_CHANGES, MOST_TOLD, Entry
from gatepost_notifier.failing import MOST_CAUSES, CauseFacts, Failed
from gatepost_notifier.inlining import with_style
from gatepost_notifier.item_facts import ItemFacts
from gatepost_notifier.rendering import Rendered, render
from gatepost_notifier.review_links import HowToDecide

ITEM = ItemFacts(
    kind="commitment",
    name="commitment SC-1001",
    title="Steel erection, tower B",
    amount="12,400.00 USD",
    project="Harbor Bridge",
    sent_by="Uma Berg",
    changed_at="2026-11-02 14:02 CET",
    is_update=False,
    page="https://gate.harbor.example/items/1",
    source="https://pm.harbor.example/558?a=1&b=2",
)
COMMON: dict[str, Any] = {"company": "Harbor Builders", "why": "you sent this commitment"}
REJECTION: dict[str, Any] = {
    **COMMON,
    "item": ITEM,
    "comment": "The cost code is wrong.\nUse 05-120.",
    "reason_code": "cost_code",
    "rejected_by": "Ann Ode",
    "rejected_at": "2026-11-02 15:10 CET",
    "is_editable": True,
}
CAUSE = CauseFacts(
    cause="Vendor V-100 is closed.",
    erp_code="3120",
    who_can_fix="whoever keeps the vendors in the ERP",
    failed=[Failed(ITEM, "3 times")],
    count=1,
)
FAILURE: dict[str, Any] = {
    **COMMON,
    "groups": [CAUSE],
    "count": 1,
    "causes": 1,
    "erp": "the sandbox ERP",
    "lists": "https://gate.example",
}
FAILURES: dict[str, Any] = {
    **FAILURE,
    "groups": [replace(CAUSE, failed=CAUSE.failed * 3, count=40)] * MOST_CAUSES,
    "count": 400,
    "causes": 10,
}
SYNCED: dict[str, Any] = {**COMMON, "item": ITEM, "erp": "the sandbox ERP", "number": "PO-17"}
PLAIN, BY_CODE = HowToDecide(by_link=False), HowToDecide(by_link=True, code="123456")
ALERT: dict[str, Any] = {
    **COMMON,
    "items": [ITEM],
    "count": 1,
    "lists": "https://gate.example",
    "how": PLAIN,
}
ALERTS: dict[str, Any] = {**ALERT, "items": [ITEM] * MOST_LISTED, "count": 37}
RESENT = Entry(
    ITEM,
    "resent after it was rejected by Ann Ode",
    ("line l-1, cost code: was 05-100, now 05-120",) * MOST_CHANGES,
    "and 2 more changes",
)
SUMMARY: dict[str, Any] = {
    **COMMON,
    "entries": [RESENT, Entry(ITEM)],
    "how": PLAIN,
    "count": 2,
    "lists": "https://gate.example",
}
FULL = MOST_TOLD // MOST_CHANGES  # entries with as many changes as are told of one
LONG_SUMMARY: dict[str, Any] = {
    **SUMMARY,
    "entries": [RESENT] * FULL + [replace(RESENT, changes=())] * (SUMMARY_LISTS - FULL),
    "count": 37,
}

REJECTIONS = {
    "rejection_project": "ERP Project Rejection Notification",
    "rejection_sub_job": "ERP Sub Job Rejection Notification",
    "rejection_commitment": "Harbor Builders: ERP Commitment Rejection Notification",
    "rejection_change_order": "ERP CCO Rejection Notification",
    "rejection_invoice": "ERP Invoice Rejection Notification",
}
MAILS = {
    **{mail: (mail, REJECTION) for mail in REJECTIONS},
    "failed_export": ("failed_export", FAILURE),
    "failed_export, several": ("failed_export", FAILURES),
    "summary": ("summary", SUMMARY),
    "summary, long": ("summary", LONG_SUMMARY),
    "synced": ("synced", SYNCED),
    "alert": ("alert", ALERT),
    "alert, several": ("alert", ALERTS),
    "sign_in": ("sign_in", {**COMMON, "code": "042017", "minutes": 10}),
    "alert, with a code": ("alert", {**ALERT, "how": BY_CODE}),
    "alert, signing in": ("alert", {**ALERT, "how": HowToDecide(by_link=True)}),
    "summary, with a code": ("summary", {**SUMMARY, "how": BY_CODE}),
}
every_mail = pytest.mark.parametrize("named", MAILS)


def rendered(named: str, **changed: Any) -> Rendered:
    mail, facts = MAILS[named]
    return render(mail, **{**facts, **changed})


def about(item: ItemFacts, named: str, words: str = "") -> dict[str, Any]:
    """The facts of a mail with all of its items being this one, and everything else said so."""
    facts = MAILS[named][1]
    if "items" in facts:
        return {"items": [item] * len(facts["items"])}
    if "groups" in facts:
        groups = [
            replace(g, failed=[replace(f, item=item) for f in g.failed]) for g in facts["groups"]
        ]
        said = {"cause": words, "erp_code": words, "who_can_fix": words} if words else {}
        return {"groups": [replace(group, **said) for group in groups]}
    if "entries" in facts:
        entries = [replace(entry, item=item) for entry in facts["entries"]]
        return {
            "entries": [
                replace(e, resent=words[:120], changes=(words,) * len(e.changes)) if words else e
                for e in entries
            ]
        }
    return {"item": item}


class Outline(HTMLParser):
    """What a reader with a screen reader meets: tags with their attributes, and the bare text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.mark.parametrize(("mail", "subject"), REJECTIONS.items())
def test_a_rejection_has_the_name_people_know(mail: str, subject: str) -> None:
    assert rendered(mail).subject == subject


@pytest.mark.parametrize("mail", REJECTIONS)
def test_a_rejection_says_who_when_why_and_what_now(mail: str) -> None:
    said = rendered(mail)
    for part in (said.text, Outline(said.html).text):
        assert "Commitment SC-1001 was rejected" in part
        assert "Ann Ode rejected it on 2026-11-02 15:10 CET" in part
        assert "The cost code is wrong.\nUse 05-120." in part
        assert "cost_code" in part
        assert "It is editable again" in part
        assert "You get this mail because you sent this commitment." in part
    assert ITEM.source in said.text
    assert ITEM.source in [link["href"] for link in Outline(said.html).all("a")]


def test_a_rejection_without_comment_or_address_says_so_and_links_nowhere() -> None:
    item = replace(ITEM, source="")
    said = rendered("rejection_project", item=item, comment="", reason_code="")
    assert "without a comment" in said.text
    assert "href" not in said.html
    assert "<blockquote" not in said.html


def test_a_rejection_of_what_was_sent_again_promises_no_editing() -> None:
    said = rendered("rejection_invoice", is_editable=False)
    assert "editable" not in said.text
    assert "sent again since" in said.text


def test_a_failure_says_what_the_erp_said_who_can_fix_it_and_how_often_it_was_tried() -> None:
    said = rendered("failed_export")
    assert said.subject == "[Failed To Export] Commitment SC-1001 – Steel erection, tower B"
    for part in (said.text, Outline(said.html).text):
        assert "It could not be written to the sandbox ERP" in part
        assert "Vendor V-100 is closed. (3120)" in part
        assert "whoever keeps the vendors in the ERP" in part
        assert "tried 3 times" in part
    assert ITEM.page in said.text


def test_failures_alike_are_told_together_under_their_cause() -> None:
    said = rendered("failed_export, several")
    assert said.subject == "Harbor Builders: 400 items failed to export"
    for part in (said.text, Outline(said.html).text):
        assert "There are 10 causes." in part
        assert part.count("Vendor V-100 is closed. (3120)") == MOST_CAUSES
        assert part.count("And 37 more.") == MOST_CAUSES
        assert f"And {10 - MOST_CAUSES} more causes." in part
        assert "Commitment SC-1001: Steel erection, tower B" in part
    assert len(Outline(said.html).all("h2")) == MOST_CAUSES


def test_a_summary_has_the_name_people_know_and_marks_what_came_back() -> None:
    said = rendered("summary")
    assert said.subject == "ERP Integrations Daily Summary"
    for part in (said.text, Outline(said.html).text):
        assert "2 items await your Accept or Reject" in part
        assert part.count("resent after it was rejected by Ann Ode") == 1
        assert "line l-1, cost code: was 05-100, now 05-120" in part
        assert "and 2 more changes" in part
        assert "turn the daily summary off" in part
    assert said.text.count(ITEM.page) == 2


def test_a_long_summary_counts_the_rest() -> None:
    said = rendered("summary, long")
    assert f"And {37 - SUMMARY_LISTS} more." in said.text


def test_a_synced_item_is_told_with_its_number() -> None:
    said = rendered("synced")
    assert said.subject == "Commitment SC-1001 is in the sandbox ERP as PO-17"
    assert "as PO-17" in said.text
    assert "as PO-17" in Outline(said.html).text


def test_an_alert_has_the_facts_in_its_subject() -> None:
    assert (
        rendered("alert").subject
        == "[Ready To Export] Commitment SC-1001 – Steel erection, tower B – 12,400.00 USD"
    )


def test_an_alert_on_a_linked_item_says_that_it_is_an_update() -> None:
    item = replace(ITEM, is_update=True)
    said = rendered("alert", items=[item])
    assert said.subject.startswith("[Ready To Update]")
    assert "accepting it updates the record there" in said.text


def test_an_alert_on_several_items_lists_them_and_counts_the_rest() -> None:
    said = rendered("alert, several")
    assert said.subject == "Harbor Builders: 37 items await your Accept or Reject"
    assert said.text.count(ITEM.page) == MOST_LISTED
    assert "And 7 more." in said.text
    assert len(Outline(said.html).all("li")) == MOST_LISTED


@every_mail
def test_markup_in_what_people_wrote_stays_text(named: str) -> None:
    # Given every fact that is text turned into markup
    nasty = "<script>alert('1')</script>\"><img src=x>"
    item = replace(ITEM, kind=nasty, name=nasty, title=nasty, sent_by=nasty)
    facts = {name: nasty for name, value in MAILS[named][1].items() if isinstance(value, str)}

    # When the mail is written
    said = rendered(named, **facts, **about(item, named, nasty))

    # Then its HTML has it as text, its text as it was
    outline = Outline(said.html)
    assert not outline.all("script")
    assert not outline.all("img")
    assert "<script>alert('1')</script>" in outline.text
    assert "<script>alert('1')</script>" in said.text


@every_mail
def test_a_subject_is_one_line_of_bearable_length(named: str) -> None:
    item = replace(ITEM, name="commitment 1\r\nBcc: eve@example.org", title="long " * 80)
    subject = rendered(named, company="A\nB", **about(item, named)).subject
    assert subject.isprintable()
    assert len(subject) <= 180


@every_mail
def test_a_fact_nobody_gave_is_an_error(named: str) -> None:
    mail, facts = MAILS[named]
    with pytest.raises(UndefinedError):
        render(mail, **{name: value for name, value in facts.items() if name != "why"})


@every_mail
def test_a_mail_can_be_read_by_everybody(named: str) -> None:
    said = rendered(named)
    outline = Outline(said.html)
    assert outline.all("html")[0]["lang"] == "en"
    assert f"<title>{said.subject}</title>" in said.html
    assert len(outline.all("h1")) == 1
    assert {"name": "color-scheme", "content": "light dark"} in outline.all("meta")
    assert "prefers-color-scheme: dark" in said.html

    # Layout is for the eye only; a table of facts names its rows
    for table in outline.all("table"):
        assert table.get("role") == "presentation" or table["class"] == "facts"
    assert all(cell["scope"] == "row" for cell in outline.all("th"))

    # Nothing is fetched, nothing runs, nothing counts who opens it
    assert not outline.all("img")
    assert not outline.all("script")
    assert not outline.all("link")
    assert "url(" not in said.html


@every_mail
def test_every_element_carries_its_style(named: str) -> None:
    styled = [attributes for _, attributes in Outline(rendered(named).html).tags]
    bare = [each["class"] for each in styled if "class" in each and "style" not in each]
    assert not bare, "mail programs that drop style sheets would show these unstyled"


@every_mail
def test_no_mail_program_clips_a_mail(named: str) -> None:
    """Gmail cuts mails off at 102 kB; the foot, which says why one got it, would be missing."""
    item = replace(ITEM, title="&" * 120, project="&" * 80, name="&" * 80, sent_by="&" * 80)
    longest = {"failed_export": 2000, "failed_export, several": 300}.get(named, 160)
    facts = {"comment": "<" * 4000} if "comment" in MAILS[named][1] else {}
    said = rendered(named, **facts, **about(item, named, "<" * longest))
    assert len(said.html.encode()) < 90_000
    assert said.html.rstrip().endswith("</html>")


def test_the_templates_own_marks_survive_the_inliner() -> None:
    source = (
        '{% for each in all %}<p class="text">{{ "<b>" if a > b else each }}</p>\n{% endfor %}'
        '<table><tbody>{% if rows %}<tr><td class="value"><a href="{{ url }}">x</a></td></tr>'
        "{% endif %}</tbody></table>{# a note #}"
    )
    styled = with_style(source)
    assert re.findall(r"{[%{#].*?[%}#]}", styled) == re.findall(r"{[%{#].*?[%}#]}", source)
    assert styled.index("{% if rows %}") > styled.index("<tbody>")
    assert '<p class="text" style=' in styled
