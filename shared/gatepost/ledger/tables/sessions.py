"""Who is signed in, and who is about to: secrets are kept as hashes, codes not at all."""

import sqlalchemy as sa

from gatepost.ledger.tables.columns import Id, Instant, metadata

sessions = sa.Table(
    "sessions",  # one row a browser and person, until it is signed out or forgotten
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),  # how they signed in: code, demo, ...
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),  # last, give or take a minute
)

sign_ins = sa.Table(
    "sign_ins",  # a code that was asked for; it is derived from the id, so none is kept
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),  # of the browser's own secret: the code fits there
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("verified_at", Instant),  # the right code was given
    sa.Index("ix_sign_ins_hash", "hash"),
    sa.Index("ix_sign_ins_email", "email", "created_at"),
)
