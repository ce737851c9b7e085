"""The event ``gatepost.directory.changed.v1``: a company's directory as its source knows it.

Its data is the directory file in JSON, or the sections of it that are to be replaced. Connections
are left to the file: they hold credentials.
"""

from collections.abc import Mapping
from typing import Any, Final

from gatepost.domain.errors import FieldProblem, NotSendable
from gatepost.ledger.directory_checks import check
from gatepost.ledger.directory_file import DirectoryChange
from gatepost.messages.shapes import SENDER

OPERATOR: Final = "whoever keeps the directory: gatepost directory apply"


def company_of(data: Mapping[str, Any]) -> str | None:
    """The key of the company that an event names: one about an item, or one about the directory."""
    company = data.get("company")
    key = company.get("key") if isinstance(company, dict) else company
    return key if isinstance(key, str) else None


def read_change(data: Mapping[str, Any]) -> DirectoryChange:
    """The change in an event.

    Raises:
        NotSendable: the document is wrong; every reason is listed.

    """
    sections = {name: value for name, value in data.items() if name != "connections"}
    read, findings = check(DirectoryChange, sections)
    problems = [FieldProblem(each.field, "directory", str(each), SENDER) for each in findings]
    if "connections" in data:
        said = "connections are not changed by events: they hold credentials"
        problems.append(FieldProblem("connections", "not_by_event", said, OPERATOR))
    if problems or read is None:
        raise NotSendable(problems)
    return read
