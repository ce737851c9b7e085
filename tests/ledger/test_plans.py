"""Plans that were made while the tables were empty are right when they are full."""

import pytest
import sqlalchemy as sa

from gatepost.ledger.database import Database
from gatepost.ledger.ids import uuid7s
from gatepost.testing.servers import Servers
from tests.ledger.databases import Databases

FILL = sa.text(
    "insert into messages (id, queue, type, body, dispatches, attempts, created_at) "
    "select gen_random_uuid(), 'approval', 'Review', '{}', 0, 0, now() from generate_series(1, 5000)"
)


@pytest.mark.servers
def test_a_claim_that_was_planned_on_an_empty_table_uses_its_index(
    servers: Servers, databases: Databases
) -> None:
    # Given a worker that has claimed from an empty table until its statement was prepared
    laid_out = databases.postgresql(servers)
    url = laid_out.url.render_as_string(hide_password=False)
    laid_out.close()
    database = Database(url, by_key=True, pool_size=1)
    ids = uuid7s()
    for _ in range(8):
        with database.transaction() as connection:
            database.statements.claim(connection, [next(ids)])

    # When the table is full
    with database.transaction() as connection:
        connection.execute(FILL)

    # Then the plan it has goes over the index
    prepared = sa.text(
        "select name, generic_plans from pg_prepared_statements "
        "where statement like '%delete from messages m%'"
    )
    with database.transaction() as connection:
        name, generic = connection.execute(prepared).one()
        plan = connection.exec_driver_sql(f"explain execute {name} ('{{}}')").scalars().all()
    database.close()
    assert generic > 0
    assert any("Index Scan using pk_messages" in line or "pk_messages" in line for line in plan)
    assert not any("Seq Scan on messages" in line for line in plan)
