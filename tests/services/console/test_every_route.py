"""Every route, called with what nobody thought of: schemathesis over the OpenAPI document.

The service is real and so is what is in it: items in every state, records, mails, a webhook. The
same calls come at every run; ``make fuzz`` makes more of them, and others.
"""

from __future__ import annotations

import copy
import os
import zlib
from collections.abc import Iterator
from typing import Any, Final

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis.checks import load_all_checks
from schemathesis.generation.feedback import FeedbackSources

# What schema.parametrize() does while tests are collected: that costs everybody seconds, and pytest
# gives all of its tests one name, which are one to pytest-xdist.
from schemathesis.pytest._test_builder import build_operation_test

from gatepost_console.app import openapi
from gatepost_sandbox.behaviour import Behaviour, Mode

from .conftest import ANN, UMA, House, Source, opened

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "4"))
YES: Final = {"revision": 1}
NO: Final = {**YES, "comment": "not this month"}
SEARCHING: Final = "FUZZ_EXAMPLES" in os.environ  # other calls at each run, instead of the same

CONFIG: Final = schemathesis.Config.from_dict(
    {
        "generation": {"mode": "all", "with-security-parameters": False},
        # Rules beyond the shape are told with 422 too: _must_not_be_called_invalid looks closer.
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "304", "401", "403", "404", "409", "422"]
            }
        },
        "operations": [
            {  # it says what is wrong, and that is a good answer
                "include-operation-id": "check_event",
                "checks": {"negative_data_rejection": {"enabled": False}},
            }
        ],
        "phases": {"coverage": {"enabled": True}},
        "analysis": {"constants": {"enabled": False}},  # reading all our code takes seconds
    }
)
load_all_checks()
api = schemathesis.openapi.from_dict(copy.deepcopy(openapi()), config=CONFIG)
OPERATIONS: Final = [
    each.ok()  # type: ignore[union-attr]  # what cannot be read fails right here
    for each in api.get_all_operations()
]


class Known:
    """Ids that exist, by the name of the parameter that takes them."""

    def __init__(self, house: House, webhook_id: str, items: list[str]) -> None:
        self.house = house
        self.session = requests.Session()
        with house.client() as client:
            records = client.get("/v1/erp-records").json()["items"]
            mails = client.get("/v1/mails").json()["items"]
        self.ids = {
            "item_id": items,
            "record_id": [each["id"] for each in records],
            "mail_id": [each["id"] for each in mails],
            "webhook_id": [webhook_id],
            "key": ["books"],
            "code": ["not_found"],
        }
        assert all(self.ids.values())

    def fill_in(self, case: schemathesis.Case[Any]) -> None:
        """Most calls that are meant to be good are about something that is there, for Ann."""
        text = repr((case.path_parameters, case.body, case.query))
        turn = zlib.crc32(text.encode("utf-8", "replace"))
        for name in case.path_parameters or {}:
            if turn % 4 and (known := self.ids.get(name)):
                case.path_parameters[name] = known[turn % len(known)]
        if turn % 8:
            case.headers["Gatepost-As"] = ANN


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    tmp = tmp_path_factory.mktemp("fuzzed")
    with opened(tmp, f"sqlite:///{tmp}/gatepost.db") as house:
        with house.client() as admin:
            items = _items_in_every_state(house, Source(house, admin))
            wanted = {"url": "https://pm.example/hooks", "events": ["refused"]}
            made = admin.post("/v1/webhooks", json=wanted).json()
            admin.post("/v1/connections/books/refresh")
            house.until(lambda: admin.get("/v1/erp-records").json()["items"])
        yield Known(house, made["webhook_id"], items)


def _items_in_every_state(house: House, source: Source) -> list[str]:
    """One item in each state that lasts; the steps that lead there are those of the ERP's user."""
    paths: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
        "sent": [],
        "retrieved": [(UMA, "retrieve", {})],
        "rejected": [(ANN, "reject", NO)],
        "archived": [(ANN, "reject", NO), (ANN, "archive", {})],
        "synced": [(ANN, "accept", YES)],
        "failed": [(ANN, "accept", YES)],
    }
    found = []
    for state, steps in paths.items():
        if state == "failed":
            house.sandbox.switch.turn(Behaviour(mode=Mode.REFUSE))
        item_id = source.sent()
        for by, step, body in steps:
            with house.client(acting=by) as client:
                answer = client.post(f"/v1/items/{item_id}/{step}", json=body)
                assert answer.status_code == 200, answer.text
        source.becomes(item_id, state)
        found.append(item_id)
    house.sandbox.switch.turn(Behaviour())
    return found


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_a_route_keeps_its_word(
    operation: schemathesis.APIOperation[Any, Any, Any, Any], known: Known
) -> None:
    secret, answered = known.house.secrets["admin"], []

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=not SEARCHING,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def call(case: schemathesis.Case[Any]) -> None:
        if _is_meant_well(case):
            known.fill_in(case)
        answer = case.call_and_validate(
            base_url=known.house.url,
            session=known.session,
            headers={"Authorization": f"Bearer {secret}"},
            additional_checks=[_must_not_be_called_invalid],
        )
        answered.append(answer.status_code)

    build_operation_test(
        config=api.config,
        operation=operation,
        test_func=call,
        given_kwargs={},
        feedback=FeedbackSources(),
    )()
    assert answered, "it was called, and each answer was held against the document"


def _must_not_be_called_invalid(
    _ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """What the document allows has no wrong shape, whatever else may stand against it."""
    if response.status_code == 422 and _is_meant_well(case):
        problem = response.json()
        fields = {each["field"] for each in problem["errors"]}
        assert problem["code"] != "invalid" or fields <= {"cursor", "since", "until"}, problem


def _is_meant_well(case: schemathesis.Case[Any]) -> bool:
    meta = case.meta
    return meta is not None and meta.generation.mode is schemathesis.GenerationMode.POSITIVE
