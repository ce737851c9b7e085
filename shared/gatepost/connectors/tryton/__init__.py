"""Tryton: its connector, over the REST API of 8.2."""

from gatepost.connectors.tryton.connector import TrytonConfig, TrytonConnector

__all__ = ["TrytonConfig", "TrytonConnector"]
