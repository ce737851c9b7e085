"""Signing in to the console with a code from the mail, as the console and the notifier do it."""

import re

import sqlalchemy as sa

from gatepost.ledger import mail_log, tables
from gatepost_console import sign_ins
from tests.journeys.company import BO
from tests.journeys.covering import posts
from tests.journeys.gate import Gate, Mail
from tests.journeys.stacks import SECRET_KEY

SUBJECT = "Your code to sign in"


@posts("sign_in")
def test_a_code_from_the_mail_signs_in_the_browser_that_asked_for_it(gate: Gate) -> None:
    ledger = gate.stack.ledger

    # Given two who ask for a code, of whom the directory lists one
    sign_ins.ask(ledger, "browser of a stranger", "nobody@acme.example")
    sign_ins.ask(ledger, "browser of Bo", BO.upper())

    # Then one gets a mail, and the other none
    mail: Mail = gate.mail(BO, SUBJECT)
    assert gate.mails("nobody@acme.example") == []
    (code,) = re.findall(r"^ +(\d{6})$", mail.text, re.MULTILINE)
    assert code in mail.html
    assert code not in mail.subject

    # And nobody reads the code in the log of mails
    where = tables.mails.c.template == "sign_in"
    with ledger.database.reading() as connection:
        (mail_id,) = connection.execute(sa.select(tables.mails.c.id).where(where)).scalars()
    assert code not in str(mail_log.mail_of(ledger, mail_id))

    # When it is typed elsewhere, or wrongly, then it does not fit; where it was asked for it does, once
    assert sign_ins.verify(ledger, SECRET_KEY, "browser of a stranger", code) is None
    assert sign_ins.verify(ledger, SECRET_KEY, "browser of Bo", "000000x") is None
    known = sign_ins.verify(ledger, SECRET_KEY, "browser of Bo", f"{code[:3]} {code[3:]}")
    assert known is not None
    assert known.email == BO
    sign_ins.spend(ledger, known)
    assert sign_ins.verify(ledger, SECRET_KEY, "browser of Bo", code) is None
