"""Publish CloudEvents to Gatepost and print what came of each.

    AMQP_URL=amqp://pm:secret@localhost:5672/%2F python publish.py EVENTS.jsonl [MODE]

MODE is structured, or for binary mode the prefix of its headers: ce- or cloudEvents:
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pika

PATIENCE = 30  # seconds to wait for the next answer


def encoded(event: dict[str, Any], mode: str) -> tuple[bytes, dict[str, Any]]:
    """The body of a message, and what goes into its properties."""
    if mode == "structured":
        return json.dumps(event).encode(), {"content_type": "application/cloudevents+json"}
    attributes = event.keys() - {"data", "datacontenttype"}
    headers = {mode + name: event[name] for name in attributes}
    return json.dumps(event["data"]).encode(), {
        "content_type": "application/json",
        "headers": headers,
    }


def main(file: str, mode: str = "structured") -> None:
    events = [json.loads(line) for line in Path(file).read_text("utf-8").split("\n") if line]
    address = pika.URLParameters(os.environ["AMQP_URL"])
    connection = pika.BlockingConnection(address)
    channel = connection.channel()
    answers = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(answers, "gatepost.events", "#")

    channel.confirm_delivery()  # publishing raises unless RabbitMQ has taken the event
    for event in events:
        company, kind = event["data"]["company"], event["data"]["kind"]
        body, properties = encoded(event, mode)
        channel.basic_publish(
            "gatepost.items",
            f"{company}.{kind}.sent",
            body,
            pika.BasicProperties(
                delivery_mode=2,  # kept on disk
                user_id=address.credentials.username,  # checked by RabbitMQ: who is speaking
                **properties,
            ),
            mandatory=True,
        )

    waiting = {event["id"]: event["subject"] for event in events}
    for _, _, body in channel.consume(answers, auto_ack=True, inactivity_timeout=PATIENCE):
        if body is None:
            sys.exit(f"no answer to {', '.join(waiting.values())}")
        answer = json.loads(body)
        for event_id, subject in list(waiting.items()):
            received = answer["type"] == "gatepost.item.received.v1"
            refused = answer["data"].get("refused_event") == event_id
            if refused or (received and answer["subject"] == subject):
                print(json.dumps(answer))
                del waiting[event_id]
        if not waiting:
            break
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
