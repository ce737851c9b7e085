"""What a person may do with an item now and, where not, why and who can change that.

Each step is tried on a copy of the item, with the very verbs that do it in earnest: so a button, the
API's page of an item and the refusal of a decision can never say different things.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from gatepost.domain import correcting
from gatepost.domain.decisions import Decision, Verdict
from gatepost.domain.errors import NotAllowed, NotEntitled, Refusal
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State, Step, after, remedy
from gatepost.domain.linking import after_unlinking, archive, may_unlink, unarchive
from gatepost.domain.people import Company, ErpTool, Person

_SOME_COMMENT: Final = "..."  # whether it is given is asked when it is done, not before


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a step may be taken now; ``why_not`` and ``who_can_fix`` say what stands against it."""

    step: Step
    allowed: bool
    why_not: str = ""
    who_can_fix: str = ""


def permissions(item: Item, person: Person, company: Company) -> tuple[Permission, ...]:
    """Every step a person may ask for, each with its answer."""
    return tuple(_permission(step, item, person, company) for step in _TRIALS)


def who_may_accept(item: Item, company: Company) -> list[Person]:
    """Those for whom an item waits: who could accept it now."""
    approvers = company.approvers_for(item.kind)
    return [p for p in approvers if _permission(Step.ACCEPT, item, p, company).allowed]


def by_state(item: Item) -> tuple[Permission, ...]:
    """The same for nobody in particular: what the life cycle allows, whoever asks."""
    return tuple(_tried(step, partial(_by_life_cycle, step, item)) for step in _TRIALS)


def for_nobody(item: Item) -> tuple[Permission, ...]:
    """The same for a caller who names no person: nothing, and why the life cycle or this is in the way."""

    def trial(step: Step) -> None:
        _by_life_cycle(step, item)
        must_be_named(None)

    return tuple(_tried(step, partial(trial, step)) for step in _TRIALS)


def must_be_named(person: Person | None) -> Person:
    """The person who decides.

    Raises:
        NotEntitled: none is named; a decision is always somebody's.

    """
    if person is None:
        raise NotEntitled.because(
            "a decision is a person's: the request names none",
            field="Gatepost-As",
            who_can_fix="the caller: name the person in the header Gatepost-As, or with --as",
        )
    return person


def must_see(person: Person, item: Item | None = None) -> None:
    """Pass, or refuse somebody who has no part in the ERP tool; what is one's own is always seen.

    Raises:
        NotEntitled: the person's level on the ERP tool is "none".

    """
    is_own = item is not None and person.email in (item.created_by, item.sent_by)
    if person.erp_tool is ErpTool.NONE and not person.operator and not is_own:
        raise NotEntitled.because(
            f"{person.name} lacks the level Read Only on the ERP tool",
            field="by",
            who_can_fix="an Admin of the ERP tool can grant it in the company's directory",
        )


def sees_money(person: Person, item: Item | None = None) -> bool:
    """Whether amounts are shown to them: operators keep things going, they do not read the books."""
    is_own = item is not None and person.email in (item.created_by, item.sent_by)
    return is_own or person.erp_tool is not ErpTool.NONE


def may_operate(person: Person) -> None:
    """Pass, or refuse somebody who may not pause, resume and check connections.

    Raises:
        NotEntitled: neither an operator nor an Admin of the ERP tool.

    """
    if not person.operator and person.erp_tool is not ErpTool.ADMIN:
        raise NotEntitled.because(
            f"{person.name} is no operator and lacks the level Admin on the ERP tool",
            field="by",
            who_can_fix="whoever keeps the company's directory can make them an operator",
        )


def must_be_sender_for(email: str, item: Item, company: Company) -> None:
    """Pass, or refuse somebody who may not take the item back for its sender.

    Its creator and its sender may, for the source has vouched for them when it sent the item; anyone
    else must be in the directory, with the right to send.

    Raises:
        NotEntitled: they neither made nor sent it, and could not have sent it.

    """
    if email.lower() in (item.created_by, item.sent_by):
        return
    person = company.must_know(email)
    if not person.may_send(item.kind):
        raise NotEntitled.because(
            f"{person.name} may not send {item.kind.words}s, so may not retrieve this one either",
            field="by",
            who_can_fix="whoever sent it, or anyone with the level Admin on the owning tool",
        )


def _by_life_cycle(step: Step, item: Item) -> State:
    return after_unlinking(item) if step is Step.UNLINK else after(step, item.state)


def _accept(item: Item, person: Person, company: Company) -> bool:
    return item.accept(_decision(Verdict.ACCEPT, item, person), company, item.updated_at)


def _reject(item: Item, person: Person, company: Company) -> bool:
    return item.reject(_decision(Verdict.REJECT, item, person), company, item.updated_at)


def _retrieve(item: Item, person: Person, company: Company) -> bool:
    must_be_sender_for(person.email, item, company)
    return item.retrieve(item.updated_at)


def _retry(item: Item, person: Person, company: Company) -> bool:
    if correcting.retry(item, person, {}, "", company, item.updated_at):
        return True
    after(Step.RETRY, item.state)  # the life cycle says it better than "it was done before"
    raise NotAllowed.because(
        f"it waits for {item.waits_for}",
        field="by",
        who_can_fix="another accounting approver: retry it as it is now, or reject it",
    )


def _take_back(item: Item, person: Person, company: Company) -> bool:
    item.take_back(person, item.updated_at)
    return True


def _unlink(item: Item, person: Person, company: Company) -> bool:
    may_unlink(item, person)
    return True


def _archive(item: Item, person: Person, company: Company) -> bool:
    return archive(item, person, item.updated_at)


def _unarchive(item: Item, person: Person, company: Company) -> bool:
    return unarchive(item, person, item.updated_at)


_TRIALS: Final[dict[Step, Callable[[Item, Person, Company], bool]]] = {
    Step.ACCEPT: _accept,
    Step.REJECT: _reject,
    Step.RETRIEVE: _retrieve,
    Step.RETRY: _retry,
    Step.TAKE_BACK: _take_back,
    Step.UNLINK: _unlink,
    Step.ARCHIVE: _archive,
    Step.UNARCHIVE: _unarchive,
}


def _permission(step: Step, item: Item, person: Person, company: Company) -> Permission:
    def trial() -> None:
        if not _TRIALS[step](replace(item), person, company):
            raise NotAllowed.because(
                f"it was {step.past} already",
                field="state",
                who_can_fix=remedy(step, item.state),
            )

    return _tried(step, trial)


def _tried(step: Step, trial: Callable[[], object]) -> Permission:
    try:
        trial()
    except Refusal as refusal:
        first = refusal.problems[0]
        return Permission(step, allowed=False, why_not=first.message, who_can_fix=first.who_can_fix)
    return Permission(step, allowed=True)


def _decision(verdict: Verdict, item: Item, person: Person) -> Decision:
    return Decision(verdict, person, item.revision, channel="", comment=_SOME_COMMENT)
