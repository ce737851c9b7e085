"""Writing the mail with a code to sign in with: only to people whom a directory lists."""

from typing import Final

from gatepost.domain.policies import Addressee
from gatepost.ledger.sign_in_codes import VALID, code_of
from gatepost.ledger.tables import sign_ins
from gatepost.ledger.work import Work
from gatepost.messages.requests import MailSignInCode
from gatepost_notifier.noting import leave
from gatepost_notifier.rendering import render
from gatepost_notifier.settings import secret_key
from gatepost_notifier.wording import one_line

WHY: Final = "somebody asked for a code to sign in with your address"


def mail_sign_in_code(message: MailSignInCode, work: Work) -> None:
    """Mail the code that belongs to somebody's wish to sign in, while it is good.

    Whoever asked was told the same whether or not anybody has the address; here it is found out.
    """
    rows = work.rows_by_ids(sign_ins, [message.sign_in_id])
    if not rows or work.now - rows[0].created_at > VALID:
        return
    email = rows[0].email
    found = (
        (company, person)
        for _, company in sorted(work.directory.companies.items())
        if (person := company.person(email))
    )
    company, person = next(found, (None, None))
    if company is None or person is None:
        return
    mail = render(
        "sign_in",
        code=code_of(secret_key(), message.sign_in_id),
        minutes=int(VALID.total_seconds() // 60),
        company=one_line(company.name),
        why=WHY,
    )
    to = Addressee(person.email, person.name)
    leave(mail, "sign_in", company.key, to, WHY, work, mail_id=message.sign_in_id)
