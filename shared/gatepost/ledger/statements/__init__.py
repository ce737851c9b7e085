"""The ledger's statements, once for each database.

Everything is set-wise: a list of rows travels at once, never row by row. Times are computed by the
database's clock alone. The statements of every hop run on the driver's own connection, for the
layers above it cost as much as the statement; ``now`` and ``by_ids`` are SQLAlchemy's, to read with.

=================  ==================================  =========================================
statement          parameters                          what it does
=================  ==================================  =========================================
now                                                    the clock, and the directory's version
moment                                                 the same, within a hop
claim              ids                                 deletes what is free, gives it
lease              ids, token, seconds                 holds what is free, counts an attempt
still_held         ids, token                          those whose lease is still ours, locked
finish             ids                                 deletes
hold               rows {id, seconds, error,           puts off; seconds null parks
                   attempts}
count_attempt      id                                  counts an attempt of what is free
sweep              interval, limit                     clears the token of what is due, puts it
                                                       off, gives id and queue
make_due                                               offers all that is not held
known_events       ids                                 events received before
expired                                                answers older than a day go, and keys
                                                       that are over
items              columns, ids, lock                  items in order, locked if asked
insert             table, rows                         passes over what exists
update             table, columns, rows                by id
send               rows                                messages, due in so many seconds
by_ids             table, columns, lock, column        rows in order, locked if asked
=================  ==================================  =========================================

``claim``, ``lease`` and ``still_held`` also tell the moment: they are what most transactions begin
with, and a question less is a round trip less.
"""

from typing import Final

from gatepost.ledger.statements.postgresql import PostgreSQL
from gatepost.ledger.statements.sqlite import SQLite
from gatepost.ledger.statements.values import ClaimedRow, Moment, Rows, as_ids

__all__ = ["STATEMENTS", "ClaimedRow", "Moment", "Rows", "Statements", "as_ids"]

Statements = PostgreSQL | SQLite

STATEMENTS: Final[dict[str, Statements]] = {"postgresql": PostgreSQL(), "sqlite": SQLite()}
