"""Runs the migrations on the connection that :mod:`gatepost.ledger.schema` hands over."""

from alembic import context

from gatepost.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=False,
)
context.run_migrations()
