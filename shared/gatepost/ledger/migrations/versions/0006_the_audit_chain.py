"""The audit chain: history cannot be changed, and is sealed row by row; the directory has one too."""

import sqlalchemy as sa
from alembic import op

from gatepost.ledger.tables import Id, Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEPT = ("history", "history_seals")  # nothing in them is ever changed or deleted

WAIT_FOR_THE_SEAL = """
create function gatepost_wait_for_the_seal() returns trigger language plpgsql as $$
begin
    insert into history_unsealed (history_id, company) select id, company from fresh;
    return null;
end $$;
create trigger history_waits_for_its_seal after insert on history
    referencing new table as fresh
    for each statement execute function gatepost_wait_for_the_seal();
create function gatepost_is_kept() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: what happened stays as it was written', tg_table_name;
end $$;
"""
IS_KEPT = """
create trigger {table}_is_kept before update or delete or truncate on {table}
    for each statement execute function gatepost_is_kept();
"""
SQLITE_WAIT_FOR_THE_SEAL = """
create trigger history_waits_for_its_seal after insert on history
begin
    insert into history_unsealed (history_id, company) values (new.id, new.company);
end
"""
SQLITE_IS_KEPT = """
create trigger {table}_is_kept_from_{act} before {act} on {table}
begin
    select raise(abort, '{table} is append-only: what happened stays as it was written');
end
"""


def upgrade() -> None:
    with op.batch_alter_table("history") as batch:
        batch.alter_column("item_id", existing_type=Id, nullable=True)
    op.create_table(
        "history_unsealed",
        sa.Column("history_id", Id, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("history_id", name=op.f("pk_history_unsealed")),
    )
    op.create_table(
        "history_seals",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("company", "seq", name=op.f("pk_history_seals")),
    )
    op.execute("insert into history_unsealed (history_id, company) select id, company from history")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(WAIT_FOR_THE_SEAL)
        for table in KEPT:
            op.execute(IS_KEPT.format(table=table))
        return
    op.execute(SQLITE_WAIT_FOR_THE_SEAL)
    for table in KEPT:
        for act in ("update", "delete"):
            op.execute(SQLITE_IS_KEPT.format(table=table, act=act))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in KEPT:
            op.execute(f"drop trigger {table}_is_kept on {table}")
        op.execute("drop trigger history_waits_for_its_seal on history")
        op.execute("drop function gatepost_wait_for_the_seal, gatepost_is_kept")
    else:
        for table in KEPT:
            for act in ("update", "delete"):
                op.execute(f"drop trigger {table}_is_kept_from_{act}")
        op.execute("drop trigger history_waits_for_its_seal")
    op.drop_table("history_seals")
    op.drop_table("history_unsealed")
    op.execute("delete from history where item_id is null")
    with op.batch_alter_table("history") as batch:
        batch.alter_column("item_id", existing_type=Id, nullable=False)
