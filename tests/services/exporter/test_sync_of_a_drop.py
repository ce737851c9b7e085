"""A sync over a file drop: what an ERP said in files is looked at file by file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from gatepost.connectors.filedrop.names import Folder
from gatepost.ledger import tables
from gatepost.messages.requests import Purpose
from gatepost_sandbox.serving import Sandbox
from tests.connectors.filedrop_erp import Bookkeeping, make_folders
from tests.journeys.company import PATIENCE
from tests.services.exporter.reader import Reader
from tests.services.exporter.room import Room

ITEMS: Final = 7  # more than the breaker lets pass


def test_acknowledgements_that_are_missing_stop_nothing_but_their_own_items(
    a_room: Callable[..., Room],
    sandbox: Sandbox,
    tmp_path: Path,
    commitments: Callable[..., list[dict[str, Any]]],
) -> None:
    # Given synced items of a drop, and all their acknowledgements were deleted since
    erp = Bookkeeping(make_folders(tmp_path / "drop"))
    drop = {'"sandbox"': '"file_drop"', f'url = "{sandbox.http_url}"': f'folder = "{erp.folder}"'}
    room = a_room({**drop, PATIENCE: "look_every = 0.1"})
    reader = Reader(room)
    items = room.accepts(*commitments(ITEMS))
    room.exports(*items)
    erp.take_all()
    room.tries_again(*items)
    assert {room.item(each).state for each in items} == {"synced"}
    for file in (erp.folder / Folder.ACKNOWLEDGEMENTS).iterdir():
        file.unlink()

    # When it is synced, twice
    for _ in range(2):
        assert reader.reads(Purpose.SYNC).records == ITEMS
        assert not reader.steps(), "nothing is looked for again and again"

    # Then each item says once which file is missing, and is taken for nothing that it is not
    for each in items:
        said = f"acknowledgement commitment_{each}_1.csv is missing"
        assert [said in comment for comment in _not_compared(room, each)] == [True]
        assert room.item(each).drift is None

    # And the ERP counts as one that answers: the next item is exported
    gate = room.connection()
    assert (gate["failures"], gate["open_until"], gate["paused"]) == (0, None, False)
    (fresh,) = room.accepts(*commitments())
    room.exports(fresh)
    assert [path.name for path in (erp.folder / Folder.OUTGOING).iterdir()] == [
        f"commitment_{fresh}_1.csv"
    ]


def _not_compared(room: Room, item_id: str) -> list[str]:
    """What the item's history says of syncs that could not tell."""
    of_item = tables.history.c.item_id == item_id
    is_it = tables.history.c.what == "could not be compared with the ERP"
    with room.database.reading() as connection:
        found = connection.execute(sa.select(tables.history.c.comment).where(of_item, is_it))
        return list(found.scalars())
