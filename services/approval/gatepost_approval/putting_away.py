"""Putting away: archiving and bringing back, and letting go of what the ERP no longer has."""

from gatepost.domain import linking
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company
from gatepost.ledger.work import Work
from gatepost.messages.facts import Fact
from gatepost.messages.requests import Action, Decide, LookUp


def unlink(request: Decide, item: Item, company: Company, work: Work) -> bool | None:
    """Have the exporter see whether the record is gone: it does what follows, and answers."""
    person = company.must_know(request.by)
    if item.state is State.UNLINKED:
        return False
    linking.may_unlink(item, person)
    asked = work.handling
    work.send(
        LookUp(
            item_id=item.id,
            purpose=Action.UNLINK,
            by=person.email,
            channel=request.channel,
            reply_to=asked.id if asked and request.answered else "",
        )
    )
    return None


def archive(request: Decide, item: Item, company: Company, work: Work) -> bool:
    if not linking.archive(item, company.must_know(request.by), work.now):
        return False
    work.record(item, "archived", by=request.by, channel=request.channel, comment=request.comment)
    work.tell(Fact.ARCHIVED, item, by=request.by, channel=request.channel)
    return True


def unarchive(request: Decide, item: Item, company: Company, work: Work) -> bool:
    """Back to where it came from; the source is told what it may do with it again."""
    linking.unarchive(item, company.must_know(request.by), work.now)
    work.record(item, "unarchived", by=request.by, channel=request.channel)
    if item.state is State.REJECTED:
        said = {"comment": item.comment, "reason_code": item.reason_code}
        work.tell(Fact.REJECTED, item, by=request.by, channel=request.channel, **said)
    else:
        work.tell(Fact.UNLINKED, item, by=request.by, channel=request.channel)
    return True
