"""A desk for each test."""

from tests.services.desk import desk, empty_ledger

__all__ = ["desk", "empty_ledger"]
