"""Records of an ERP as a refresh would have staged them."""

from gatepost.domain.erp_records import RecordKind, RecordState, StagedRecord
from gatepost.domain.items import Origin
from gatepost.ledger import erp_records, options
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import erp_records as table


def customers(
    ledger: Ledger,
    *ids: str,
    kind: RecordKind = RecordKind.CUSTOMER,
    state: RecordState = RecordState.REFERENCE,
    gone: bool = False,
    connection: str = "books",
    company: str = "acme",
) -> None:
    """The company's ERP has these; ``C-10`` is called ``Customer C-10``."""
    with ledger.work() as work:
        for each in ids:
            record = StagedRecord(
                id=erp_records.record_id(company, connection, kind, each),
                company=company,
                connection=connection,
                kind=kind,
                origin_id=each,
                origin=Origin(each, "", ""),
                name=f"{kind.words.capitalize()} {each}",
                parent=None,
                mark=None,
                data={},
                state=state,
                item_id=None,
                generation=1,
                gone=gone,
                first_seen_at=work.now,
                last_seen_at=work.now,
            )
            work.add(table, **erp_records.to_row(record))


def reads_to_the_end(ledger: Ledger, kind: RecordKind, company: str = "acme") -> None:
    """A refresh came to the end of a list."""
    with ledger.work() as work:
        options.note_read(work, company, "books", kind)
