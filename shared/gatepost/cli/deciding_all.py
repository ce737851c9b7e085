"""Deciding on all that a filter matches: counted, confirmed, and each decided at the revision seen."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.deciding import PATIENCE, decide, report, request
from gatepost.cli.items import filter_of
from gatepost.cli.naming import must_be_known
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import Exit, fail

if TYPE_CHECKING:
    from gatepost.domain.items import Item
    from gatepost.ledger.ledger import Ledger

PER_SECOND = 50  # decisions that are surely answered: a large selection is waited for longer

OptionalIds = Annotated[
    list[str] | None, typer.Argument(metavar="[ID...]", help="Ids, or company/kind/external_id.")
]
AllMatching = Annotated[
    bool, typer.Option("--all-matching", help="Instead of ids: all that the filter matches.")
]
List = Annotated[str | None, typer.Option("--list", help="ready_to_export, ...")]
KindName = Annotated[str | None, typer.Option("--kind", help="commitment, invoice, ...")]
Project = Annotated[str | None, typer.Option("--project", help="Its id at the source.")]
Words = Annotated[
    str, typer.Option("--q", "--search", help="Words of number, title, vendor or id.")
]
Company = Annotated[str | None, typer.Option("--company", help="Whose; if there are several.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a decision is about, as the command was told: ids, or a filter."""

    ids: list[str] | None
    all_matching: bool
    list_name: str | None
    kind: str | None
    project: str | None
    q: str
    company: str | None
    yes: bool

    def decide(self, action: str, by: str, *, as_json: bool, **more: Any) -> None:
        """Have it decided, say what came of it, end with its exit code."""
        filters = (self.list_name, self.kind, self.project, self.q)
        if bool(self.ids) == self.all_matching:
            fail("name the items, or --all-matching and a filter: one of the two", Exit.USAGE)
        if not self.all_matching:
            if any(filters):
                fail("a filter goes with --all-matching", Exit.USAGE)
            decide(self.ids or [], action, by, as_json=as_json, **more)
            return
        if not any(filters):
            fail("--all-matching needs --list, --kind, --project or --q", Exit.USAGE)
        self._decide_all(action, by, as_json=as_json, **more)

    def _decide_all(self, action: str, by: str, *, as_json: bool, **more: Any) -> None:
        from gatepost.ledger import asking
        from gatepost.ledger.selecting import matching, undecided

        with open_ledger() as ledger:
            company = _company(ledger, self.company)
            wanted = filter_of(
                self.list_name, self.kind, company, None, project=self.project, q=self.q
            )
            found = matching(ledger, undecided(wanted))
            if not found:
                fail(f"no item of {company} matches", Exit.NOT_ALLOWED)
            if not self.yes:
                typer.confirm(f"{action} {_in_words(found)} as {by}?", abort=True, err=True)
            requests = [
                request(item.id, by, action, revision=item.revision, **more) for item in found
            ]
            outcomes = asking.ask(ledger, requests, PATIENCE + len(found) / PER_SECOND)
        report(outcomes, action, {item.id: item.ref.subject for item in found}, as_json=as_json)


def _company(ledger: "Ledger", named: str | None) -> str:
    """The company named, or the only one there is."""
    must_be_known(ledger, named)
    known = sorted(ledger.directory().companies)
    if named is None and len(known) != 1:
        fail(f"name the --company: {', '.join(known) or 'there is none yet'}", Exit.USAGE)
    return named or known[0]


def _in_words(found: "list[Item]") -> str:
    """``12 items (9 commitments, 3 invoices)``."""
    kinds = Counter(item.kind.words for item in found)
    parts = ", ".join(
        f"{count} {words}{'' if count == 1 else 's'}" for words, count in kinds.items()
    )
    return f"{len(found)} item{'' if len(found) == 1 else 's'} ({parts})"
