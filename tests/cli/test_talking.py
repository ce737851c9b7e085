"""What commands show: tables for people, JSON for programs."""

import json

import pytest

from gatepost.cli.talking import show_rows

LONG = "word " * 600


def test_a_long_title_is_cut_in_a_table_and_never_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Given an item with a title, and an id, that are as long as they like
    subject = "acme/commitment/" + "x" * 100
    rows = [{"subject": subject, "title": LONG, "state": "sent"}, {"title": "short"}]

    # Then a row of the table shows where it is cut, and ids can be copied from it
    show_rows(rows, as_json=False, columns=("subject", "title", "state"), none="")
    head, first, second = capsys.readouterr().out.splitlines()
    assert max(map(len, (head, first, second))) < 200
    assert first.split() == [subject, *["word"] * 11, "word…", "sent"]
    assert second.strip() == "short"

    # And for programs it is whole
    show_rows(rows, as_json=True, columns=(), none="")
    assert json.loads(capsys.readouterr().out)["items"][0]["title"] == LONG
