"""The page of exchanges, queues, bindings and policies."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from gatepost.messages.routes import Queue
from gatepost.runtime import topology
from scripts.reference.parts import reader, table

ROOT: Final = Path(__file__).resolve().parents[2]

QUEUES: Final = {
    Queue.INTAKE: "events from the sources; the one queue that is itself the record",
    Queue.INTAKE_LEDGER: "events that stand in the ledger: from the API, replayed, or waiting",
    Queue.APPROVAL: "arrivals to be reviewed, decisions to be made",
    Queue.EXPORT: "accepted items; a connection set apart has a lane, `export.<lane>`",
    Queue.READ: "questions to the ERPs: what they have, and whether they still have it",
    Queue.NOTIFY: "mails to be written",
    Queue.POST: "mails to be posted",
    Queue.WEBHOOKS: "events to be posted to webhooks",
    Queue.FAILED_TO_EXPORT: "every failed export as a CloudEvent, for whoever wants to watch it",
    "gatepost.unroutable": "what was published with a routing key nobody reads",
    "gatepost.dead": "what killed its worker again and again",
}


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
    return reader(queue) or "nobody: for you"


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}` {value}" for name, value in arguments.items()) or "none"
