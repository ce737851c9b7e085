"""``gatepost unlink | archive | unarchive``: letting go of items, and bringing them back."""

from gatepost.cli.deciding import As, AsUsual, Ids, decide
from gatepost.cli.talking import AsJson


def unlink(ids: Ids, by: AsUsual = "", as_json: AsJson = False) -> None:
    """Let go of records that the ERP no longer has; the ERP is asked first."""
    decide(ids, "unlink", by, as_json=as_json)


def archive(ids: Ids, by: As, as_json: AsJson = False) -> None:
    """Put rejected or unlinked items away."""
    decide(ids, "archive", by, as_json=as_json)


def unarchive(ids: Ids, by: As, as_json: AsJson = False) -> None:
    """Bring items back to where they were put away from."""
    decide(ids, "unarchive", by, as_json=as_json)
