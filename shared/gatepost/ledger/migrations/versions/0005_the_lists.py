"""The lists: the place of an item, counts that stay cheap, words an item is found by."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from gatepost.ledger.searching import words_for
from gatepost.ledger.tables import Id

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PLACE = (
    "case when state not in ('sent', 'exporting', 'failed') then state "
    "when state = 'failed' then 'failed_to_export' "
    "when origin_id is null then 'ready_to_export' else 'ready_to_update' end"
)
_LISTS = "'ready_to_export', 'ready_to_update', 'failed_to_export', 'synced', 'archived'"
_AT_ONCE = 1000  # rows


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    kept = "virtual" if is_sqlite else "stored"
    op.drop_index("ix_items_list", table_name="items")
    op.execute(f"alter table items add column place text generated always as ({_PLACE}) {kept}")
    op.create_index(
        "ix_items_list",
        "items",
        ["company", "place", "kind", sa.text("created_at desc"), sa.text("id desc")],
    )
    op.create_index(
        "ix_items_project",
        "items",
        ["company", "project", sa.text("created_at desc"), sa.text("id desc")],
    )
    op.create_table(
        "list_counts",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("how_many", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("company", "list", "kind", name=op.f("pk_list_counts")),
    )
    op.create_table(
        "list_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("how_many", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_changes")),
    )
    op.execute(
        "insert into list_counts (company, list, kind, how_many) "
        f"select company, place, kind, count(*) from items where place in ({_LISTS}) "
        "group by company, place, kind"
    )
    op.add_column(
        "revisions", sa.Column("words", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    _fill_words()
    if is_sqlite:
        _make_full_text()
    else:
        op.execute(
            "create index ix_revisions_words on revisions "
            "using gin (array_to_tsvector(string_to_array(words, ' ')))"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger revision_words_are_kept")
        op.execute("drop table revision_words")
    else:
        op.drop_index("ix_revisions_words", table_name="revisions")
    op.execute("alter table revisions drop column words")
    op.drop_table("list_changes")
    op.drop_table("list_counts")
    op.drop_index("ix_items_project", table_name="items")
    op.drop_index("ix_items_list", table_name="items")
    op.execute("alter table items drop column place")
    op.create_index(
        "ix_items_list",
        "items",
        ["company", "state", "kind", sa.text("created_at desc"), sa.text("id desc")],
    )


def _fill_words() -> None:
    """For the current revisions; vendors are found from the next revision on."""
    update = sa.text(
        "update revisions set words = :words where item_id = :id and revision = :revision"
    )
    for rows in _items():
        op.get_bind().execute(
            update,
            [
                {
                    "id": row.id,
                    "revision": row.revision,
                    "words": words_for(row.company, row.number, row.title, row.external_id),
                }
                for row in rows
            ],
        )


def _items() -> Iterator[Sequence[sa.Row[Any]]]:
    ids = sa.column("id", Id)
    names = ("revision", "company", "number", "title", "external_id")
    columns: list[sa.ColumnClause[Any]] = [ids, *map(sa.column, names)]
    statement = sa.select(*columns).select_from(sa.table("items")).order_by(ids)
    rows = op.get_bind().execute(statement.limit(_AT_ONCE)).all()
    while rows:
        yield rows
        rows = op.get_bind().execute(statement.where(ids > rows[-1].id).limit(_AT_ONCE)).all()


def _make_full_text() -> None:
    op.execute(
        "create virtual table revision_words using fts5"
        "(words, item_id unindexed, revision unindexed, "
        "tokenize = \"unicode61 remove_diacritics 0 tokenchars '@-_.'\")"
    )
    op.execute(
        "create trigger revision_words_are_kept after insert on revisions begin "
        "insert into revision_words (words, item_id, revision) "
        "values (new.words, new.item_id, new.revision); end"
    )
    op.execute(
        "insert into revision_words (words, item_id, revision) "
        "select words, item_id, revision from revisions"
    )
