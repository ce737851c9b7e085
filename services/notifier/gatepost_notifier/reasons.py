"""Why somebody gets a mail: each says so at its foot, in its headers and in its row. Pure functions."""

from collections.abc import Sequence

from gatepost.domain.items import Item
from gatepost.domain.people import Company


def why_alert(company: Company) -> str:
    return f"you are an accounting approver of {company.name}, and it needs a decision"


def why_rejection(email: str, item: Item, company: Company) -> str:
    """The creator, the sender, or an approver: the project's own, or the company's where it has none."""
    if _is_own(email, item):
        return _own(email, item)
    project = company.projects.get(item.external_id)
    if project and email.lower() in project.approvers:
        return "you are an accounting approver of this project"
    return f"you are an accounting approver of {company.name}, and this project has none of its own"


def why_failure(email: str, item: Item, company: Company) -> str:
    """Whoever accepted it, or an operator."""
    if email.lower() == item.decided_by.lower():
        return f"you accepted this {item.kind.words}"
    return f"you are an operator of {company.name}"


def why_failures(email: str, items: Sequence[Item], company: Company) -> str:
    """The same for a mail about any number of items."""
    if len(items) == 1:
        return why_failure(email, items[0], company)
    if all(email.lower() == item.decided_by.lower() for item in items):
        return "you accepted these items"
    return why_failure(
        email, next(i for i in items if i.decided_by.lower() != email.lower()), company
    )


def why_summary(company: Company) -> str:
    return f"you are an accounting approver of {company.name}, and something awaits your decision"


def why_synced(email: str, item: Item) -> str:
    return f"{_own(email, item)} and asked to hear when it is in the ERP"


def _is_own(email: str, item: Item) -> bool:
    return email.lower() in (item.created_by.lower(), item.sent_by.lower())


def _own(email: str, item: Item) -> str:
    created = email.lower() == item.created_by.lower()
    sent = email.lower() == item.sent_by.lower()
    verb = "created and sent" if created and sent else "created" if created else "sent"
    return f"you {verb} this {item.kind.words}"
