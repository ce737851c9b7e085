"""Answering for an ERP that keeps silent: somebody has looked into it, and says what is there."""

from typing import Any, Final

from gatepost.connectors.filedrop.acknowledgements import Status
from gatepost.connectors.filedrop.config import Format
from gatepost.connectors.filedrop.formats import acknowledged
from gatepost.connectors.filedrop.names import Folder, parts
from gatepost.connectors.filedrop.place import Way
from gatepost.connectors.filedrop.trail import Trail

#: It is not there: by this code the item is dropped again, under the next number, once it is retried.
NOT_THERE: Final = {
    "status": Status.REFUSED.value,
    "code": "busy",
    "message": "somebody has looked: it is not in the ERP",
}


class NothingToAnswer(Exception):
    """The file needs no answer of a person; says why."""


def is_there(erp_id: str, erp_number: str = "") -> dict[str, str]:
    """What is said of a file whose record is in the ERP, with that id."""
    return {"status": Status.ACCEPTED.value, "erp_id": erp_id, "erp_number": erp_number}


def answer_for_the_erp(way: Way, form: Format, name: str, said: dict[str, str]) -> None:
    """Write the acknowledgement of a file that the ERP has taken and said nothing to.

    Args:
        way: to the drop.
        form: the drop's.
        name: the file's.
        said: ``NOT_THERE``, or what ``is_there`` gives.

    Raises:
        NothingToAnswer: the ERP has answered, or never had the file.
        ConnectorError: the drop cannot be used.

    """
    found = parts(name)
    trail = Trail(way, form, *found[:2]) if found else None
    if not found or not trail or found[2] > trail.last or name != trail.name(found[2]):
        raise NothingToAnswer(f"no file {name} was ever dropped here")
    drop = trail.drop(found[2])
    if way.is_there(Folder.OUTGOING, name) or way.is_there(Folder.WRITING, name):
        raise NothingToAnswer(f"the ERP has not taken {name}: nothing of it can be in the ERP")
    if answer := trail.answer(drop):
        raise NothingToAnswer(f"the ERP has answered {name} already: {answer.status}")
    document: dict[str, Any] = {"mark": found[1], "revision": drop.revision, **said}
    way.write(Folder.WRITING, f"{name}.answer", acknowledged(document, form))
    way.move(Folder.WRITING, f"{name}.answer", Folder.ACKNOWLEDGEMENTS, name)
