"""Links and codes in the mails to approvers: in the mail itself, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from gatepost.ledger import mail_log, tables
from gatepost.ledger.directory_file import apply, parse
from gatepost.ledger.mail_secrets import MailSecrets, hash_of, without_marks
from gatepost_notifier.settings import secret_key

from .conftest import ANN, BO, DIRECTORY, Office, forget_settings, sending

KEY = "a key for the mails alone"
LINK = re.compile(r"https://gate\.harbor\.example/r/([\w-]{43})(?![\w-])")
CODE = re.compile(r"^ +(\d{6})$", re.MULTILINE)


@pytest.fixture(autouse=True)
def with_key(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GATEPOST_SECRET_KEY", KEY)
    secret_key.cache_clear()
    forget_settings()


def company(office: Office, lines: str) -> None:
    text = DIRECTORY.replace("[company.settings]", f"[company.settings]\n{lines}")
    apply(office.ledger.database, parse(text))


def links(office: Office) -> list[dict[str, Any]]:
    statement = sa.select(tables.decision_links).order_by(tables.decision_links.c.id)
    with office.ledger.database.reading() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def test_an_alert_has_one_link_for_its_reader_and_a_code_and_its_row_has_neither(
    office: Office,
) -> None:
    # Given a commitment that awaits two approvers
    (item_id,) = office.arrives(sending())
    office.posts()

    # Then each mail has a link and a code of its own, the same in both parts
    (ann,), (bo,) = office.inbox(ANN), office.inbox(BO)
    (token,), (code,) = set(LINK.findall(ann["text"])), CODE.findall(ann["text"])
    assert set(LINK.findall(ann["html"])) == {token}
    assert f">{code}<" in ann["html"]
    assert "?intent=reject" in ann["html"]
    assert token not in bo["text"]
    assert (
        ann["subject"]
        == "[Ready To Export] Commitment SC-1001 – Steel erection, tower B – 12,400.00 USD"
    )

    # And the link is known by its hash: whose it is, what for, and until when
    (row,) = [each for each in links(office) if each["email"] == ANN]
    assert row["hash"] == hash_of(token)
    known = (row["company"], row["item_id"], row["revision"], row["purpose"])
    assert known == ("harbor", item_id, 1, "decide")
    assert row["expires_at"] - row["created_at"] == timedelta(days=14)

    # And neither stands anywhere else
    everything = str([office.mails(), links(office), office.messages()])
    for secret in (token, code):
        assert secret not in everything
    shown = mail_log.mail_of(office.ledger, row["mail_id"])
    assert "/r/in-the-mail-itself" in shown["text"]
    assert "~" not in shown["text"] + shown["html"]


def test_a_mail_about_several_has_a_link_for_each_and_one_code(office: Office) -> None:
    ids = office.arrives(*(sending(external_id=f"pm-{n}", number=f"SC-{n}") for n in range(3)))
    office.posts()

    (mail,) = office.inbox(ANN)
    assert len(set(LINK.findall(mail["text"]))) == 3
    assert len(CODE.findall(mail["text"])) == 1
    theirs = [each["item_id"] for each in links(office) if each["email"] == ANN]
    assert sorted(theirs) == sorted(ids)


@pytest.mark.parametrize(
    ("lines", "with_link", "with_code"),
    [
        ("", True, True),
        ('email_decisions = "code"', True, True),
        ('email_decisions = "sign_in"', True, False),
        ('email_decisions = "off"', False, False),
        ('email_sign_in_above = "12400.00"', True, True),  # not above it
        ('email_sign_in_above = "12399.99"', True, False),
    ],
)
def test_the_company_says_what_a_mail_lets_decide_with(
    office: Office, lines: str, with_link: bool, with_code: bool
) -> None:
    company(office, lines)
    (item_id,) = office.arrives(sending())
    office.posts()

    (mail,) = office.inbox(ANN)
    assert bool(LINK.search(mail["text"])) is with_link
    assert bool(CODE.search(mail["text"])) is with_code
    assert (f"/items/{item_id}" in mail["text"]) is not with_link


def test_without_a_key_mails_lead_to_the_console(
    office: Office, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("GATEPOST_SECRET_KEY")
    secret_key.cache_clear()
    office.arrives(sending())
    office.posts()
    assert not LINK.search(office.inbox(ANN)[0]["text"])
    assert links(office) == []


def test_a_title_gets_no_secret_into_a_place_of_its_own(office: Office) -> None:
    # Given whoever has seen the marks of one mail, and writes them into a title
    office.arrives(sending())
    office.posts()
    marks = re.findall(r"m[0-9a-f]{32}~[\w~-]+", str(office.mails(ANN)[0]["text"]))
    assert marks
    office.arrives(
        sending(external_id="pm-9", title=f"https://thief.example/?{marks[-1]} {marks[0]}")
    )
    office.posts()

    # Then the next mail has them as they were written
    (mail,) = [each for each in office.inbox(ANN) if "thief" in each["text"]]
    assert marks[-1] in mail["text"]


@given(st.text(max_size=200))
def test_what_holds_no_mark_is_sent_and_shown_as_it_is(text: str) -> None:
    secrets = MailSecrets(KEY, "0190a0a0-0000-7000-8000-000000000000", ANN)
    assert secrets.fill(text) == text
    assert without_marks(text) == text


def test_a_secret_is_of_one_mail_one_person_one_revision_and_one_key() -> None:
    mail, item = str(uuid4()), str(uuid4())
    base = MailSecrets(KEY, mail, ANN)
    others = [
        replace(base, key="another"),
        replace(base, mail_id=str(uuid4())),
        replace(base, email=BO),
    ]
    tokens = {each.token(item, 1) for each in (base, *others)}
    tokens |= {base.token(item, 2), base.token(str(uuid4()), 1)}
    assert len(tokens) == 6
    assert base.token(item, 1) == MailSecrets(KEY, mail, ANN.upper()).token(item, 1)
    assert KEY not in repr(base)
