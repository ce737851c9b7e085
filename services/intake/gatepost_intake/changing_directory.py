"""Changing the directory: a source that keeps people, projects or vendors tells what they are now."""

from gatepost.ledger.directory_changes import change, stored
from gatepost.ledger.directory_checks import doubtful
from gatepost.ledger.directory_events import read_change
from gatepost.ledger.directory_file import sections_of
from gatepost.ledger.work import Work
from gatepost.messages import facts
from gatepost.messages.cloud_events import Envelope
from gatepost_intake.incoming import Incoming


def change_directory(envelope: Envelope, incoming: Incoming, work: Work) -> None:
    """Replace the sections that the event names, and tell what that changed.

    Raises:
        NotFound: there is no such company; an event makes none.
        NotSendable: the document is wrong; every reason is listed.

    """
    read = read_change(envelope.data)
    key = work.directory.company(read.company.key).key
    by = incoming.publisher or envelope.source
    applied = change(key, sections_of(read), work, by=by, channel=incoming.channel)
    doubts = doubtful(stored(key, work.connection).sections) if applied.changes else []
    told = facts.directory_applied(
        key,
        work.new_id(),
        work.now,
        version=applied.version,
        changes=applied.counts,
        warnings=[str(each) for each in doubts],
        cause=envelope.id,
    )
    work.publish(told)
