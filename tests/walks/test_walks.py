"""Random walks through all services: what is lost, doubled or reordered on the way changes nothing.

Each walk is gone twice, with an item of its own: once calmly, once with every parcel at the mercy of
fate. Both must end in the same story: state, history, attempts, mails, and records of the ERP.
"""

import random
import uuid
from typing import Any, Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatepost.messages.requests import Action
from gatepost_sandbox.behaviour import Mode
from tests.journeys import company
from tests.journeys.company import ANN, BO, RITA, UMA
from tests.walks.house import Fate, House, item_id_of

Step = tuple[str, Any]

STEPS: Final = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(["the next", "the same", "an earlier"])),
    st.tuples(st.just("accept"), st.sampled_from([ANN, BO, RITA])),
    st.tuples(st.just("reject"), st.sampled_from([ANN, BO])),
    st.tuples(st.just("retrieve"), st.sampled_from([UMA, RITA])),
    st.tuples(st.just("retry"), st.sampled_from([ANN, RITA])),
    st.tuples(st.just("erp"), st.sampled_from(["ok", "refuse", "busy once", "busy"])),
)


@settings(max_examples=25, deadline=None)
@given(walk=st.lists(STEPS, min_size=1, max_size=10), seed=st.integers(0, 2**32))
@example(  # rejected, corrected, failed, retried, and updated
    walk=[
        ("reject", ANN),
        ("send", "the next"),
        ("erp", "refuse"),
        ("accept", BO),
        ("erp", "ok"),
        ("retry", ANN),
        ("send", "the next"),
        ("accept", ANN),
    ],
    seed=7,
)
@example(walk=[("erp", "busy once"), ("accept", ANN), ("send", "the next"), ("accept", BO)], seed=1)
def test_fate_changes_nothing(house: House, walk: list[Step], seed: int) -> None:
    calm = gone(house, walk, Fate())
    wild = gone(house, walk, Fate(random.Random(seed)))
    assert wild == calm


def gone(house: House, walk: list[Step], fate: Fate) -> dict[str, Any]:
    """A walk with a new commitment; gives its story."""
    house.erp_behaves(Mode.OK)
    event = company.commitment(f"w-{uuid.uuid4().hex[:8]}")
    house.hears(event, fate)
    for step, how in walk:
        match step:
            case "send":
                event = sent_again(event, how)
                house.hears(event, fate)
            case "erp":
                house.erp_behaves(Mode(how.split()[0]), 1 if how.endswith("once") else None)
            case _:
                item_id = item_id_of(event["data"]["external_id"])
                house.is_asked(item_id, Action(step), how, fate, comment="because")
    story = house.story(item_id_of(event["data"]["external_id"]))
    house.forgets()
    return story


def sent_again(event: dict[str, Any], which: str) -> dict[str, Any]:
    if which == "the next":
        return company.corrected(event)
    data = event["data"]
    revision = data["revision"] if which == "the same" else max(1, data["revision"] - 1)
    return {**company.event(event["type"], {**data, "revision": revision})}
