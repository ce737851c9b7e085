"""A desk for each test."""

from desk import desk, empty_ledger

__all__ = ["desk", "empty_ledger"]
