"""``gatepost token``: who may speak to the API, for which company, and how far."""

from getpass import getuser
from typing import Annotated

import typer

from gatepost.cli.naming import must_be_known
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json, show_rows

app = typer.Typer(help="API tokens: make one, list them, end one.")

COLUMNS = ("id", "company", "name", "scopes", "created_at", "revoked_at")


@app.command()
def create(
    company: Annotated[str, typer.Option("--company", help="The company it speaks for.")],
    scope: Annotated[
        list[str],
        typer.Option("--scope", help="How far it reaches; several times, or with commas."),
    ],
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a token. Its secret is printed this once; only a hash of it is kept."""
    from gatepost.ledger import tokens

    named = [each for given in scope for each in given.replace(",", " ").split()]
    known = [each.value for each in tokens.Scope]
    if unknown := sorted(set(named) - set(known)):
        fail(f"there is no scope {', '.join(unknown)}; there are {', '.join(known)}", Exit.USAGE)
    if not named:
        fail(f"name a scope: {', '.join(known)}", Exit.USAGE)
    with open_ledger() as ledger:
        scopes = [tokens.Scope(each) for each in named]
        secret = tokens.create(ledger, company, name, scopes, by=getuser(), channel="cli")
    if as_json:
        show_json({"token": secret, "company": company, "scopes": sorted(set(named))})
    else:
        say("keep it: it is not shown again")
        show(secret)


@app.command("list")
def list_tokens(
    company: Annotated[str | None, typer.Option("--company", help="Only of this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the tokens, the revoked ones too."""
    from gatepost.ledger import tokens

    with open_ledger() as ledger:
        must_be_known(ledger, company)
        rows = [
            {name: getattr(token, name) for name in COLUMNS}
            for token in tokens.listed(ledger, company)
        ]
    for row in rows:
        row["scopes"] = sorted(row["scopes"])
    show_rows(rows, as_json=as_json, columns=COLUMNS, none="there are no tokens")


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """End a token, at once."""
    from gatepost.ledger import tokens

    with open_ledger() as ledger:
        tokens.revoke(ledger, token_id, by=getuser(), channel="cli")
    say(f"{token_id} is revoked")
