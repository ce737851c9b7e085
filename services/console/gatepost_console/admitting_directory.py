"""Whether a change of the directory may be taken: the checks of the intake, and one more right."""

from gatepost.domain.errors import NotEntitled
from gatepost.ledger.directory_events import read_change
from gatepost.messages.cloud_events import Envelope
from gatepost_console.signin import Caller


def admit_directory(envelope: Envelope, caller: Caller) -> None:
    """Pass, or refuse. Whoever changes the directory may make anyone an approver.

    Raises:
        NotEntitled: of another company, or the person is no Admin of the ERP tool.
        NotSendable: the document is wrong; every reason is listed.

    """
    company = read_change(envelope.data).company.key
    if company != caller.company.key:
        raise NotEntitled.because(
            f"the token {caller.token.label} may not speak for the company {company}",
            field="data.company.key",
            who_can_fix=f"an operator: it is a token of {caller.company.key}",
        )
    if caller.person is not None:
        caller.person.must_be_admin()
