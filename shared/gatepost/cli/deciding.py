"""Asking for decisions from the command line, through the approvers' own service."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gatepost.cli.naming import item_id_of
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import Exit, fail, show, show_json

if TYPE_CHECKING:
    from gatepost.domain.items import Item
    from gatepost.ledger.asking import Outcome
    from gatepost.ledger.ledger import Ledger
    from gatepost.messages.requests import Decide

CHANNEL: Final = "cli"
PATIENCE: Final = 15.0  # seconds to wait for an answer
PENDING: Final = "pending"
#: Refusals that no other input would change: not there, no right, or no such step from its state.
NOT_ALLOWED: Final = frozenset({"not_found", "not_entitled", "not_allowed"})

Ids = Annotated[
    list[str], typer.Argument(metavar="ID...", help="Ids, or company/kind/external_id.")
]
As = Annotated[str, typer.Option("--as", help="The person who wants it, by e-mail address.")]
AsUsual = Annotated[
    str,
    typer.Option("--as", help="The person who wants it; default: an operator, or who accepted it."),
]
Entries = Annotated[
    list[str] | None,
    typer.Option("--entry", metavar="NAME=VALUE", help="A field the ERP asks for."),
]


def entries_of(given: Sequence[str] | None) -> dict[str, str]:
    """``--entry name=value`` as pairs."""
    pairs = [each.partition("=") for each in given or ()]
    if wrong := [name for name, sign, _ in pairs if not sign or not name]:
        fail(f"--entry takes NAME=VALUE, not {wrong[0]}", Exit.USAGE)
    return {name: value for name, _, value in pairs}


def decide(names: Sequence[str], action: str, by: str, *, as_json: bool, **more: Any) -> None:
    """Ask for the same to be done with each item, say what came of it, end with its exit code.

    Where nobody is named, it is done for whom it is the usual thing: see :func:`_usual`.
    """
    by_id = {item_id_of(name): name for name in names}
    with open_ledger() as ledger:
        outcomes = ask(ledger, list(by_id), action, by, **more)
    report(outcomes, action, by_id, as_json=as_json)


def ask(ledger: "Ledger", ids: Sequence[str], action: str, by: str, **more: Any) -> "list[Outcome]":
    """Leave the requests in the ledger and wait for their answers."""
    from gatepost.ledger import asking, reading

    known = {} if by else reading.items_of(ledger, ids)
    people = [by or (_usual(action, known[each], ledger) if each in known else "") for each in ids]
    requests = [request(*each, action, **more) for each in zip(ids, people, strict=True)]
    return asking.ask(ledger, requests, PATIENCE)


def _usual(action: str, item: "Item", ledger: "Ledger") -> str:
    """Senders retrieve, operators retry, and whoever accepted an item does the rest."""
    if action == "retrieve":
        return item.sent_by
    people = ledger.directory().company(item.company).people.values()
    operators = [person.email for person in people if person.operator]
    return operators[0] if action == "retry" and operators else item.decided_by


def request(item_id: str, by: str, action: str, **more: Any) -> "Decide":
    """A decision as the command line leaves it."""
    from gatepost.messages.requests import Action, Decide

    return Decide(
        item_id=item_id,
        action=Action(action),
        by=by.strip().lower(),
        channel=CHANNEL,
        answered=True,
        **more,
    )


def report(
    outcomes: "Sequence[Outcome]", action: str, names: dict[str, str], *, as_json: bool
) -> None:
    """One line an item; exit 3 where only a part was done, 4 where nothing is there or allowed."""
    if as_json:
        items = [
            {"item_id": each.item_id, "outcome": each.outcome, "errors": list(each.problems)}
            for each in outcomes
        ]
        show_json({"items": items})
    else:
        for each in outcomes:
            show(f"{names.get(each.item_id, each.item_id)}  {_sentence(each, action)}")
    refused = sum(each.is_refused for each in outcomes)
    pending = sum(each.outcome == PENDING for each in outcomes)
    if not refused and not pending:
        return
    if all(each.outcome in NOT_ALLOWED for each in outcomes):
        raise typer.Exit(Exit.NOT_ALLOWED)
    nothing = refused + pending == len(outcomes)
    raise typer.Exit(Exit.FAILED if nothing else Exit.PARTLY)


def _sentence(outcome: "Outcome", action: str) -> str:
    if outcome.outcome == PENDING:
        return f"no answer yet: is the approval service running? What was asked ({action}) stands"
    if outcome.is_refused:
        reasons = "; ".join(f"{each.message} ({each.who_can_fix})" for each in outcome.problems)
        return f"refused: {reasons or outcome.outcome}"
    return (
        "unchanged: it had been done before" if outcome.outcome == "unchanged" else outcome.outcome
    )
