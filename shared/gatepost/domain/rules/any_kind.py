"""Rules for items of any kind: status, sender, name, parent, link."""

from typing import Final
from urllib.parse import urlsplit

from gatepost.domain.content import CommitmentContent
from gatepost.domain.kinds import SENDER_TOOL, Kind
from gatepost.domain.rules.submission import Found, Submission, rule
from gatepost.domain.unread import is_unread
from gatepost.domain.unseen import code_of, is_blank, unseen_in_name, unseen_in_words

SENDABLE_STATUS: Final[dict[Kind, frozenset[str]]] = {
    Kind.PROJECT: frozenset({"active"}),
    Kind.SUB_JOB: frozenset({"approved"}),
    Kind.COMMITMENT: frozenset({"approved"}),
    Kind.CHANGE_ORDER: frozenset({"approved"}),
    Kind.INVOICE: frozenset({"approved", "approved_as_noted", "pending_owner_approval"}),
}


@rule("status")
def status_lets_it_pass(submission: Submission) -> Found:
    """Its status at the source is a settled one; a subcontract may be complete, too."""
    kind, status = submission.sending.ref.kind, submission.sending.status
    wanted = SENDABLE_STATUS[kind]
    content = submission.content
    if isinstance(content, CommitmentContent):
        unknown = is_unread(content.contract_type)
        if unknown and status == "complete":
            return
        if not unknown and content.contract_type == "subcontract":
            wanted = wanted | {"complete"}
    if status not in wanted:
        words = " or ".join(f'"{each}"' for each in sorted(wanted))
        yield "status", f'{kind.one} must be {words}; it is "{status}"'


@rule("sender_right", "whoever keeps the company's directory can grant it")
def sender_has_the_right(submission: Submission) -> Found:
    """A sender the directory lists has Admin on the owning tool; for others the source vouches."""
    sending = submission.sending
    person = submission.company.person(sending.sent_by.email)
    if person and not person.may_send(sending.ref.kind):
        tool = SENDER_TOOL[sending.ref.kind]
        yield (
            "sent_by",
            f'{person.name} needs the level Admin on the tool "{tool}" '
            f"to send {sending.ref.kind.one}",
        )


@rule("parent_named")
def parent_is_named(submission: Submission) -> Found:
    """It names its project or its commitment; a commitment may belong to no project."""
    kind = submission.sending.ref.kind
    if submission.sending.parent_ref is None and kind is not Kind.COMMITMENT:
        place = _parent_field(kind)
        yield place, f"{kind.one} must name its {place}"


@rule("parent_sent", "the sender: send that one first")
def parent_is_known(submission: Submission) -> Found:
    """Its project is known, its commitment was sent."""
    sending = submission.sending
    parent = sending.parent_ref
    if parent is not None and not submission.parent_sent:
        verb = "is not known" if parent.kind is Kind.PROJECT else "was not sent yet"
        sentence = f"its {parent.kind.words} {parent.external_id} {verb}"
        yield _parent_field(sending.ref.kind), sentence


@rule("commitment_project")
def project_is_its_commitments(submission: Submission) -> Found:
    """It belongs to no other project than its commitment does."""
    agreement, named = submission.agreement, submission.sending.project
    if named and agreement and agreement.project and agreement.project != named:
        yield (
            "project",
            f"it names the project {named}; {agreement.label} belongs to {agreement.project}",
        )


@rule("project_known", "the sender: send that one first")
def project_is_known(submission: Submission) -> Found:
    """The project it names is known, where its commitment does not say which it is."""
    named = submission.sending.project
    if named and not submission.project_known:
        yield "project", f"its project {named} is not known"


@rule("named")
def it_has_a_name(submission: Submission) -> Found:
    """It has a number or a title: people must be able to call it something."""
    sending = submission.sending
    if is_blank(sending.number) and is_blank(sending.title):
        yield "number", "it has neither a number nor a title to be called by"


@rule("hidden_character")
def its_names_can_be_seen(submission: Submission) -> Found:
    """Its number and title hold no character that cannot be seen; a title what its script needs."""
    sending = submission.sending
    found = {
        "number": unseen_in_name(sending.number),
        "title": unseen_in_words(sending.title),
    }
    for name, unseen in found.items():
        if unseen:
            yield name, f"the {name} has a character in it that cannot be seen: {code_of(unseen)}"


@rule("url")
def link_leads_to_a_page(submission: Submission) -> Found:
    """Its link, if it has one, is a web address: people follow it from mails and pages."""
    url = submission.sending.url
    if url and not _is_web_address(url):
        yield "url", f'"{url[:80]}" is no web address; it begins with https:// or http://'


def _parent_field(kind: Kind) -> str:
    return "project" if kind in (Kind.SUB_JOB, Kind.COMMITMENT) else "parent"


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable()
