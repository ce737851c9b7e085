"""Alembic's migrations of the ledger; ``gatepost db upgrade`` applies them."""
