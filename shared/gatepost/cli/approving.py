"""``gatepost accept | reject | retrieve | take-back``: what people decide about items."""

from typing import Annotated

import typer

from gatepost.cli.deciding import As, AsUsual, Entries, Ids, decide, entries_of
from gatepost.cli.deciding_all import (
    AllMatching,
    Company,
    KindName,
    List,
    OptionalIds,
    Project,
    Wanted,
    Words,
    Yes,
)
from gatepost.cli.talking import AsJson


def accept(
    by: As,
    ids: OptionalIds = None,
    entry: Entries = None,
    all_matching: AllMatching = False,
    list_name: List = None,
    kind: KindName = None,
    project: Project = None,
    q: Words = "",
    company: Company = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Accept items: they are exported to the ERP. An entry given blank is left out."""
    wanted = Wanted(ids, all_matching, list_name, kind, project, q, company, yes)
    wanted.decide("accept", by, as_json=as_json, entries=entries_of(entry))


def reject(
    by: As,
    ids: OptionalIds = None,
    comment: Annotated[str, typer.Option("--comment", help="What must be corrected.")] = "",
    reason_code: Annotated[str, typer.Option("--reason-code", help="A code beside it.")] = "",
    all_matching: AllMatching = False,
    list_name: List = None,
    kind: KindName = None,
    project: Project = None,
    q: Words = "",
    company: Company = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Reject items: they go back to their source, to be mended."""
    wanted = Wanted(ids, all_matching, list_name, kind, project, q, company, yes)
    wanted.decide("reject", by, as_json=as_json, comment=comment, reason_code=reason_code)


def retrieve(
    ids: Ids,
    by: Annotated[
        str, typer.Option("--as", help="The person who wants it; default: who sent the item.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Take items back for their sender, before a decision."""
    decide(ids, "retrieve", by, as_json=as_json)


def take_back(ids: Ids, by: AsUsual = "", as_json: AsJson = False) -> None:
    """Undo acceptances, within the company's grace and before any call to the ERP."""
    decide(ids, "take_back", by, as_json=as_json)
