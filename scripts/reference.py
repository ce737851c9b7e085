"""Writes docs/reference from the code: settings, messages, life cycle, queues.

``python scripts/reference.py`` writes the pages; a test holds them against the code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from gatepost.domain.content import CONTENT, DecimalString
from gatepost.domain.lifecycle import BADGES, LIFECYCLE, State, Step, as_mermaid
from gatepost.domain.lists import MEMBERSHIP, WorkList
from gatepost.messages import item_events, requests
from gatepost.messages.facts import RECORD_IMPORTED, Fact
from gatepost.messages.routes import EVENTS_EXCHANGE, ITEMS_EXCHANGE, ROUTES, Queue
from gatepost.runtime import topology
from gatepost.runtime.service import Service
from gatepost.runtime.services import GROUP
from gatepost.runtime.settings import Settings

ROOT: Final = Path(__file__).resolve().parent.parent
PAGES: Final = ROOT / "docs" / "reference"
MADE: Final = "<!-- Made from the code by scripts/reference.py: change it there. -->"

STATES: Final = {
    State.SENT: "on the approvers' list; leaves it by a decision or a retrieval",
    State.EXPORTING: "accepted; it is being exported, or waits for its parent or the ERP",
    State.SYNCED: "the ERP has it; a higher revision sends it again",
    State.FAILED: "the ERP refused it, or the tries are used up; a person must act",
    State.REJECTED: "an approver sent it back; its source may edit and resend it",
    State.RETRIEVED: "its sender took it back before a decision",
    State.UNLINKED: "the ERP no longer has it; it may be sent anew",
    State.ARCHIVED: "put away; can be brought back",
}
STEPS: Final = {
    Step.SEND: "the sender sends it, again, or a higher revision",
    Step.RETRIEVE: "the sender takes it back before a decision",
    Step.ACCEPT: "an approver, or the company's auto-accept setting",
    Step.REJECT: "an approver",
    Step.EXPORTED: "the ERP took it",
    Step.EXPORT_FAILED: "the ERP refused it, or the tries are used up",
    Step.RETRY: "an approver or an operator",
    Step.TAKE_BACK: "an approver, before the ERP is called",
    Step.LINK: "an approver, to a record that the ERP has already",
    Step.UNLINK: "an approver, when the ERP no longer has the record",
    Step.ARCHIVE: "a person with the level Standard or Admin",
    Step.UNARCHIVE: "the same; back to where it was archived from",
}
EVENTS_IN: Final[dict[str, type[BaseModel]]] = {
    item_events.ITEM_SENT: item_events.ItemSent,
    item_events.ITEM_RETRIEVED: item_events.ItemRetrieved,
    item_events.ITEM_DECIDED: item_events.ItemDecided,
}
FACTS: Final = {
    Fact.RECEIVED: ("it waits for a decision; also after an acceptance was taken back", ""),
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
    Fact.UNLINKED: ("the ERP no longer has it; it may be sent anew", "`by`, `channel`"),
    Fact.ARCHIVED: ("it was put away", "`by`, `channel`"),
}
IMPORTED: Final = (
    "an approver imported a record of the ERP: create it, under this `external_id`",
    "`by`, `record` {`id`, `connection`, `name`, `origin`, `data`}",
)
QUEUES: Final = {
    Queue.INTAKE: "events from the sources; the one queue that is itself the record",
    Queue.INTAKE_LEDGER: "events that stand in the ledger: from the API, replayed, or waiting",
    Queue.APPROVAL: "arrivals to be reviewed, decisions to be made",
    Queue.EXPORT: "accepted items; a connection set apart has a lane, `export.<lane>`",
    Queue.READ: "questions to the ERPs: what they have, and whether they still have it",
    Queue.NOTIFY: "mails to be written",
    Queue.POST: "mails to be posted",
    Queue.FAILED_TO_EXPORT: "every failed export as a CloudEvent, for whoever wants to watch it",
    "gatepost.unroutable": "what was published with a routing key nobody reads",
    "gatepost.dead": "what killed its worker again and again",
}


def pages() -> dict[str, str]:
    """Every page by its name."""
    made = {
        "settings.md": settings_page,
        "messages.md": messages_page,
        "lifecycle.md": lifecycle_page,
        "queues.md": queues_page,
    }
    return {name: "\n".join([MADE, "", *make()]).rstrip() + "\n" for name, make in made.items()}


# --- settings ------------------------------------------------------------------------------------


def settings_page() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield "Settings come from environment variables. `NAME_FILE=/path` gives the value of `NAME` from"
    yield "a file, and files in `/run/secrets` are read under the setting's name in lower case."
    yield "`gatepost config show` prints what a program sees, without secrets."
    yield from _settings_table("Every service", Settings)
    for name, service in services().items():
        if service.settings:
            yield from _settings_table(f"The {name}", service.settings)


def services() -> dict[str, Service]:
    """The services that are installed, by name."""
    found = {}
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        service = getattr(import_module(point.module), point.attr, None)
        if isinstance(service, Service):
            found[point.name] = service
    return found


def _settings_table(title: str, settings: type[BaseSettings]) -> Iterator[str]:
    prefix = settings.model_config.get("env_prefix", "")
    rows = [
        (f"`{prefix}{name}`".upper(), _default(info), info.description or "")
        for name, info in settings.model_fields.items()
    ]
    yield from ("", f"## {title}", "")
    yield from table(("name", "default", "meaning"), rows)


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == {}:
        return "none"
    return f"`{value}`"


# --- messages ------------------------------------------------------------------------------------


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
    yield "`<company>.<kind>.<verb>`, or posted to `/v1/events`."
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
    yield "`external_id`, `revision`, `state`, `badge` and `editable`."
    yield ""
    rows = [(f"`{fact.type}`", *FACTS[fact]) for fact in Fact]
    rows.append((f"`{RECORD_IMPORTED}`", *IMPORTED))
    yield from table(("type", "when", "besides"), rows)


def _internal() -> Iterator[str]:
    yield from ("", "## Between the services", "")
    yield "A message is a row of the ledger; only its id travels through the queue."
    yield ""
    rows = [
        (f"`{message.TYPE}`", f"`{ROUTES[message]}`", _reader(ROUTES[message]), _said(message))
        for message in requests.MESSAGES.values()
    ]
    yield from table(("message", "queue", "read by", "what it asks"), rows)


def _reader(queue: str) -> str:
    return ", ".join(
        name
        for name, service in services().items()
        if queue == service.queue or queue in service.outside
    )


def _said(model: type[BaseModel]) -> str:
    return str(model.__doc__).partition("\n")[0].rstrip(".").replace("``", "`")


def _model_rows(model: type[BaseModel]) -> Iterator[Sequence[str]]:
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, item_events.PartyData):
            for part, inner in info.annotation.model_fields.items():
                yield f"`{name}.{part}`", _type(inner.annotation), _yes(inner.is_required())
        else:
            yield f"`{name}`", _type(info.annotation), _yes(info.is_required())


def _content_rows(content: type[Any], prefix: str = "") -> Iterator[Sequence[str]]:
    hints = get_type_hints(content, include_extras=True)
    for each in fields(content):
        part, many = _part_of(hints[each.name])
        required = each.default is MISSING and each.default_factory is MISSING
        name = f"{prefix}{each.name}{'[]' if many else ''}"
        if part is None:
            yield f"`{name}`", _type(hints[each.name]), _yes(required)
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
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return "object"
    if origin is Union or type(hint).__name__ == "UnionType":
        return " or ".join(_type(each) for each in arguments)
    names = {str: "text", int: "number", date: "date", type(None): "null"}
    if hint in names:
        return names[hint]
    return " or ".join(f"`{each}`" for each in hint)


def _yes(so: bool) -> str:
    return "yes" if so else "no"


# --- life cycle ----------------------------------------------------------------------------------


def lifecycle_page() -> Iterator[str]:
    yield "# Life cycle of an item"
    yield ""
    yield "Any step that is not in the table is refused with a sentence, such as"
    yield '"a synced item cannot be rejected".'
    yield from ("", "```mermaid", *as_mermaid(), "```", "", "## States", "")
    rows = [
        (f"`{state}`", _badge(state), _yes(BADGES[state].editable), _list(state), STATES[state])
        for state in State
    ]
    yield from table(("state", "badge", "the source may edit", "list", "what it means"), rows)
    yield from ("", "## Steps", "")
    steps = [
        (f"`{state}`", f"`{step}`", STEPS[step], f"`{target}`")
        for state, following in LIFECYCLE.items()
        for step, target in following.items()
    ]
    yield from table(("from", "step", "who or what", "to"), steps)


def _badge(state: State) -> str:
    badge = BADGES[state]
    return f"{badge.colour}, moving" if badge.moving else badge.colour


def _list(state: State) -> str:
    names = [
        _title(name) + {None: "", True: " (linked)", False: ""}[membership.linked]
        for name, membership in MEMBERSHIP.items()
        if state in membership.states
    ]
    return " or ".join(names) or "none; findable"


def _title(name: WorkList) -> str:
    return name.value.replace("_", " ").title()


# --- queues --------------------------------------------------------------------------------------


def queues_page() -> Iterator[str]:
    yield "# Exchanges and queues"
    yield ""
    yield "Every service declares them; `gatepost topology apply` does so ahead of time. What is"
    yield "declared never changes; limits are policies."
    yield from ("", "## Exchanges", "")
    rows = [
        (f"`{name}`", kind, _arguments(arguments))
        for name, (kind, arguments) in topology.EXCHANGES.items()
    ]
    yield from table(("exchange", "type", "arguments"), rows)
    yield from ("", "## Queues", "")
    yield from table(
        ("queue", "what waits there", "read by", "arguments"),
        [
            (f"`{name}`", QUEUES[name], _reads(name), _arguments(arguments))
            for name, arguments in topology.QUEUES.items()
        ],
    )
    yield from ("", "## Bindings", "")
    bindings = [
        (f"`{exchange}`", f"`{key}`" if key else "all", f"`{queue}`")
        for exchange, queue, key in topology.BINDINGS
    ]
    yield from table(("exchange", "routing key", "queue"), bindings)
    yield from ("", "## Policies", "", "As in `deploy/rabbitmq/policies.json`.", "")
    document = json.loads((ROOT / "deploy" / "rabbitmq" / "policies.json").read_text())
    policies = [
        (
            f"`{each['name']}`",
            "`" + each["pattern"].replace("|", "\\|") + "`",
            _arguments(each["definition"]),
        )
        for each in document["policies"]
    ]
    yield from table(("policy", "queues", "definition"), policies)


def _reads(queue: str) -> str:
    if queue == Queue.INTAKE:
        return "intake"
    return _reader(queue) or "nobody: for you"


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}` {value}" for name, value in arguments.items()) or "none"


# --- tables --------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def main() -> int:
    PAGES.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")
        print(PAGES.relative_to(ROOT) / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
