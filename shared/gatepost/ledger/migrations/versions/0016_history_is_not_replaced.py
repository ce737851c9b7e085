"""What is kept on SQLite is not replaced either: its triggers on delete do not see a REPLACE."""

from typing import Final

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEYS: Final = {
    "history": "id = new.id",
    "history_seals": "(company = new.company and seq = new.seq)",
}
# An insert may name the row's number too; in one that does not, new.rowid is that of no row.
IS_NEW = """
create trigger {table}_is_kept_from_replace before insert on {table}
when exists (select 1 from {table} where {key} or rowid = new.rowid)
begin
    select raise(abort, '{table} is append-only: what happened stays as it was written');
end
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":  # PostgreSQL's "on conflict" is an update, and seen
        for table, key in KEYS.items():
            op.execute(IS_NEW.format(table=table, key=key))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in KEYS:
            op.execute(f"drop trigger {table}_is_kept_from_replace")
