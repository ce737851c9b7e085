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
    sa.Column("channel", sa.Text, nullable=False),  # how they signed in: code, mail, oidc, demo
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
    sa.Column("channel", sa.Text),  # how, where it was not by a code
    sa.Index("ix_sign_ins_hash", "hash"),
    sa.Index("ix_sign_ins_email", "email", "created_at"),
)

oidc_sign_ins = sa.Table(
    "oidc_sign_ins",  # somebody was sent to the OpenID provider and has not come back yet
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),  # of the browser's own secret
    sa.Column("next_page", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("ix_oidc_sign_ins_created_at", "created_at"),
)

decision_links = sa.Table(
    "decision_links",  # a link in a mail to one person, about one revision of one item
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False, unique=True),  # of the token; the code is derived
    sa.Column("mail_id", Id, nullable=False),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),  # decide
    sa.Column("tries", sa.Integer, nullable=False),  # wrong codes, counted for the whole mail
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("spent_at", Instant),  # a decision was made with it
    sa.Index("ix_decision_links_mail_id", "mail_id"),
    sa.Index("ix_decision_links_expires_at", "expires_at"),
)
