"""The page of messages: what comes in, what goes out, what the services say to each other."""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from datetime import date
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from gatepost.domain.content import CONTENT, DecimalString
from gatepost.ledger.directory_file import (
    CompanyChange,
    DirectoryChange,
    PersonEntry,
    ProjectEntry,
    VendorEntry,
)
from gatepost.messages import item_events, requests
from gatepost.messages.fact_data import DirectoryApplied, DirectoryRefused, Reason
from gatepost.messages.facts import DIRECTORY_APPLIED, DIRECTORY_REFUSED, Fact
from gatepost.messages.routes import EVENTS_EXCHANGE, ITEMS_EXCHANGE, ROUTES
from scripts.reference.parts import reader, table, yes

EVENTS_IN: Final[dict[str, type[BaseModel]]] = {
    item_events.ITEM_SENT: item_events.ItemSent,
    item_events.ITEM_RETRIEVED: item_events.ItemRetrieved,
    item_events.ITEM_DECIDED: item_events.ItemDecided,
    item_events.DIRECTORY_CHANGED: DirectoryChange,
}
OF_THE_DIRECTORY: Final[dict[str, type[BaseModel]]] = {
    DIRECTORY_APPLIED: DirectoryApplied,
    DIRECTORY_REFUSED: DirectoryRefused,
}
ENTRIES: Final[dict[type[BaseModel], str]] = {
    PersonEntry: "`[[people]]`",
    ProjectEntry: "`[[projects]]`",
    VendorEntry: "`[[vendors]]`",
    Reason: "{`field`, `rule`, `message`, `who_can_fix`}",
}
"""What is a part of something: as the directory file has it, or with its fields."""

FACTS: Final = {
    Fact.RECEIVED: (
        "it waits for a decision; also after an acceptance was taken back",
        "`received_event`, where an event of the source is answered",
    ),
    Fact.REFUSED: (
        "an event could not be taken, or a source's decision was refused",
        "`errors[]` {`field`, `rule`, `message`, `who_can_fix`}, `refused_event`",
    ),
    Fact.ACCEPTED: ("it may pass", "`by`, `channel`, `comment`, `reason_code`"),
    Fact.REJECTED: ("it went back to its source", "`by`, `channel`, `comment`, `reason_code`"),
    Fact.RETRIEVED: ("its sender took it back", "`by`, `channel`"),
    Fact.EXPORTING: ("the ERP is about to be called for the first time", ""),
    Fact.SYNCED: (
        "the ERP has it",
        "`origin` {`id`, `code`, `data`, `lines[]` {`external_id`, `id`}}",
    ),
    Fact.FAILED: (
        "it failed for good",
        "`cause` {`key`, `class`, `erp_code`, `message`, `who_can_fix`}, `attempts`",
    ),
    Fact.UNLINKED: ("the ERP no longer has its record; it may be sent anew", "`by`, `channel`"),
    Fact.ARCHIVED: ("it was put away", "`by`, `channel`"),
    Fact.ERP_RECORD_IMPORTED: (
        "an approver imported a record of the ERP: create it, under this `external_id`",
        "`by`, `channel`, `record` {`id`, `connection`, `name`, `origin`, `data`}",
    ),
}


def messages_page() -> Iterator[str]:
    yield "# Messages"
    yield ""
    yield "What travels between a source, Gatepost and the ERP's side is CloudEvents 1.0. Fields are"
    yield "only ever added. Unknown fields are kept and ignored."
    yield from _events_in()
    yield from _events_out()
    yield from _internal()


def _events_in() -> Iterator[str]:
    yield from ("", "## In", "")
    yield f"Published to the exchange `{ITEMS_EXCHANGE}` with the routing key"
    yield "`<company>.<kind>.<verb>`, or posted to `/v1/events`. Of the directory,"
    yield "`<company>.directory.changed`."
    for name, model in EVENTS_IN.items():
        yield from ("", f"### `{name}`", "", str(model.__doc__).partition(": ")[2].capitalize(), "")
        yield from table(("field", "type", "required"), _model_rows(model))
    yield from ("", "### `content`, by kind", "")
    yield 'An amount is a decimal in a string, such as `"12400.00"`; a JSON number is refused.'
    for kind, content in CONTENT.items():
        yield from ("", f"`{kind}`", "")
        yield from table(("field", "type", "required"), _content_rows(content))


def _events_out() -> Iterator[str]:
    yield from ("", "## Out", "")
    yield f"Published to the exchange `{EVENTS_EXCHANGE}` with the routing key"
    yield "`<company>.<kind>.<event>`. The data always has `item_id`, `company`, `kind`,"
    yield "`external_id`, `revision`, `state`, `badge` and `editable`. Webhooks are told the same."
    yield "All of it as [AsyncAPI](asyncapi.json), and a [JSON Schema](schemas/) for each type."
    yield ""
    rows = [(f"`{fact.type}`", *FACTS[fact]) for fact in Fact]
    yield from table(("type", "when", "besides"), rows)
    yield from ("", "### Of the directory", "")
    yield "The answers to `gatepost.directory.changed.v1` name no item. Their routing key is"
    yield "`<company>.directory.applied` or `<company>.directory.refused`."
    for name, model in OF_THE_DIRECTORY.items():
        yield from ("", f"`{name}`: {_said(model)[:1].lower()}{_said(model)[1:]}", "")
        yield from table(("field", "type", "required"), _model_rows(model))


def _internal() -> Iterator[str]:
    yield from ("", "## Between the services", "")
    yield "A message is a row of the ledger; only its id travels through the queue."
    yield ""
    rows = [
        (f"`{message.TYPE}`", f"`{ROUTES[message]}`", reader(ROUTES[message]), _said(message))
        for message in requests.MESSAGES.values()
    ]
    yield from table(("message", "queue", "read by", "what it asks"), rows)


def _said(model: type[BaseModel]) -> str:
    return str(model.__doc__).partition("\n")[0].rstrip(".").replace("``", "`")


def _model_rows(model: type[BaseModel]) -> Iterator[Sequence[str]]:
    for name, info in model.model_fields.items():
        if info.annotation in (item_events.PartyData, CompanyChange):
            for part, inner in info.annotation.model_fields.items():
                yield f"`{name}.{part}`", _type(inner.annotation), yes(inner.is_required())
        else:
            yield f"`{name}`", _type(info.annotation), yes(info.is_required())


def _content_rows(content: type[Any], prefix: str = "") -> Iterator[Sequence[str]]:
    hints = get_type_hints(content, include_extras=True)
    for each in fields(content):
        part, many = _part_of(hints[each.name])
        required = each.default is MISSING and each.default_factory is MISSING
        name = f"{prefix}{each.name}{'[]' if many else ''}"
        if part is None:
            yield f"`{name}`", _type(hints[each.name]), yes(required)
        else:
            yield from _content_rows(part, f"{name}.")


def _part_of(hint: Any) -> tuple[type[Any] | None, bool]:  # noqa: ANN401 - any annotation
    """The dataclass a field is made of, and whether there may be several."""
    many = get_origin(hint) is tuple
    for inner in get_args(hint) or (hint,):
        if hasattr(inner, "__dataclass_fields__"):
            return inner, many
    return None, many


def _type(hint: Any) -> str:  # noqa: ANN401 - any annotation
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return "amount" if DecimalString in arguments else _type(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{each}`" for each in arguments)
    if origin in (tuple, list):
        return f"list of {_type(arguments[0])}"
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return ENTRIES.get(hint, "object")
    if origin is dict:
        return "object"
    if origin is Union or type(hint).__name__ == "UnionType":
        return " or ".join(_type(each) for each in arguments)
    names = {str: "text", int: "number", date: "date", type(None): "null"}
    if hint in names:
        return names[hint]
    return " or ".join(f"`{each}`" for each in hint)
