"""How values stand in a mail."""

from datetime import UTC, datetime

import pytest

from gatepost.domain.wording import money
from gatepost_notifier.wording import moment, one_line, paragraph, times, web_link


@pytest.mark.parametrize(
    ("total", "currency", "written"),
    [
        ("12400.00", "USD", "12,400.00 USD"),
        ("12400.5", "USD", "12,400.50 USD"),  # never one decimal
        ("12400", "JPY", "12,400 JPY"),  # a source that sends none has none
        ("-1234567.891", "EUR", "-1,234,567.891 EUR"),  # no rounding
        ("12400.00", None, "12,400.00"),  # its commitment is not here
        (None, "USD", ""),  # projects and sub jobs
        ("a lot", "USD", "a lot"),  # not refused: the rules of sending are not ours
    ],
)
def test_an_amount_has_its_currency(total: str | None, currency: str | None, written: str) -> None:
    assert money(total, currency) == written


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("UTC", "2026-11-02 13:02 UTC"),
        ("Europe/Oslo", "2026-11-02 14:02 CET"),
        ("America/Sao_Paulo", "2026-11-02 10:02 UTC-03"),  # a zone without a name of its own
    ],
)
def test_a_time_is_the_readers_own_and_names_its_zone(zone: str, written: str) -> None:
    assert moment(datetime(2026, 11, 2, 13, 2, tzinfo=UTC), zone) == written


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://pm.example/7", "https://pm.example/7"),
        ("http://pm.example/7?a=1&b=2", "http://pm.example/7?a=1&b=2"),
        ("javascript:alert(1)", ""),
        ("data:text/html,hello", ""),
        ("https:", ""),  # no host
        ("//pm.example/7", ""),  # no scheme
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_only_addresses_of_the_web_become_links(url: str, link: str) -> None:
    assert web_link(url) == link


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  two\r\nlines\t", "two lines"),
        ("Steel\x00\x1b[31m erection", "Steel [31m erection"),
        ("invoice \u202egpj.exe", "invoice gpj.exe"),  # would read backwards
        ("x" * 300, "x" * 199 + "…"),  # seen to be cut
        ("x" * 200, "x" * 200),
    ],
)
def test_a_line_is_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_paragraph_keeps_its_lines() -> None:
    assert paragraph(" wrong code\r\nuse 05-120\x07 ") == "wrong code\nuse 05-120"
    assert paragraph("x" * 5000).endswith("x…")


def test_tries_are_counted_in_words() -> None:
    assert [times(count) for count in (0, 1, 2)] == ["once", "once", "2 times"]
