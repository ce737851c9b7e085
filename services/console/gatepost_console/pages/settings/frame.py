"""What the pages of the settings have in common: who sees which, and how a change is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from gatepost.domain.errors import FieldProblem, NotEntitled, NotSendable, Refusal
from gatepost.domain.people import ErpTool
from gatepost.ledger.directory_changes import stored
from gatepost_console import problems
from gatepost_console.directory_edits import Edit, Edited, foresee, save
from gatepost_console.pages.forms import Form
from gatepost_console.pages.rendering import page
from gatepost_console.pages.settings import words
from gatepost_console.pages.visiting import SignedIn, Visitor
from gatepost_console.wiring import House

CHANNEL: Final = "console"
Did = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the settings, as the list beside it leads to it."""

    path: str
    name: str
    is_for: Callable[[Visitor], bool]


def is_admin(visitor: Visitor) -> bool:
    return visitor.person.erp_tool is ErpTool.ADMIN and not visitor.session.is_by_mail_link


SECTIONS: Final = (
    Section("/settings/me", "My settings", lambda visitor: True),
    Section("/settings/people", "People and rights", lambda visitor: visitor.sees_the_lists),
    Section("/settings/company", "Company", lambda visitor: visitor.sees_the_lists),
    Section("/settings/webhooks", "Webhooks", is_admin),
    Section("/settings/tokens", "API tokens", is_admin),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a form: reasons against it, or what it would change; ``did`` once it is done."""

    status: int = 200
    problems: Sequence[FieldProblem] = field(default_factory=list)
    edited: Edited | None = None
    did: str = ""

    def wrong(self, name: str) -> str:
        """What is wrong with a field of the form."""
        found = [each.message for each in self.problems if _field_of(each) == name]
        return "; ".join(found)


def reader(visitor: SignedIn) -> Visitor:
    """Whoever may see how the company is set.

    Raises:
        NotEntitled: they have no part in the ERP tool.

    """
    visitor.must_see()
    return visitor


def admin(visitor: SignedIn) -> Visitor:
    """Whoever may change it.

    Raises:
        NotEntitled: they are no Admin of the ERP tool, or have but a mail's code to show for it.

    """
    visitor.person.must_be_admin()
    if visitor.session.is_by_mail_link:
        raise NotEntitled.because(
            "the code of a mail signed you in here, which is not enough to change settings",
            field="by",
            who_can_fix="you: sign out, and sign in again",
        )
    return visitor


Reader = Annotated[Visitor, Depends(reader)]
Admin = Annotated[Visitor, Depends(admin)]


def settings_page(
    request: Request, template: str, visitor: Visitor, answer: Answer | None = None, **facts: Any
) -> Response:
    """A page of the settings, with the others beside it."""
    answer = answer or Answer()
    return page(
        request,
        f"settings/{template}",
        visitor,
        status=answer.status,
        sections=[each for each in SECTIONS if each.is_for(visitor)],
        is_admin=is_admin(visitor),
        answer=answer,
        words=words,
        **facts,
    )


def settle(
    house: House, visitor: Visitor, edit: Edit, form: Form, *, at_once: bool = False
) -> Answer:
    """Show what an edit would change or, once that was seen, save it.

    Args:
        house: whose directory.
        visitor: who wants it.
        edit: what is to be otherwise.
        form: with ``do``, and the mark of what was shown.
        at_once: whether it may be saved without having been shown.

    """
    key, by = visitor.company.key, visitor.person.email
    try:
        if form.text("do") == "save":
            shown = None if at_once else form.text("shown", 64)
            edited = save(house.ledger, key, edit, by=by, channel=CHANNEL, shown=shown)
        else:
            edited = foresee(house.ledger, key, edit, by=by)
    except NotSendable as error:
        return Answer(422, [_labelled(each) for each in error.problems])
    did = ("saved" if edited.changes else "unchanged") if edited.is_saved else ""
    return Answer(edited=edited, did=did)


def refused(error: Refusal | problems.Problem) -> Answer:
    """A refusal as the page says it."""
    problem = problems.of_refusal(error) if isinstance(error, Refusal) else error
    return Answer(problem.status, problem.errors)


def sections_of(house: House, visitor: Visitor) -> dict[str, Any]:
    """The visitor's company as it is stored just now."""
    with house.ledger.database.reading() as connection:
        return stored(visitor.company.key, connection).sections


def done(path: str, did: str) -> Response:
    """Go on to a page that says what was done."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}did={did}", 303)


def _field_of(problem: FieldProblem) -> str:
    return problem.field.partition(".")[0].partition("[")[0]


def _labelled(problem: FieldProblem) -> FieldProblem:
    """The reason with the field in the words of the page."""
    label = words.field_name(_field_of(problem)) if problem.field else ""
    said = f"{label}: {problem.message}" if label else problem.message
    return FieldProblem(problem.field, problem.rule, said, problem.who_can_fix)
