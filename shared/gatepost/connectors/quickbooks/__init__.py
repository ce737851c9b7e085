"""QuickBooks Desktop: its connector, and what its Web Connector says and hears."""

from gatepost.connectors.quickbooks.connector import QuickBooksConfig, QuickBooksConnector

__all__ = ["QuickBooksConfig", "QuickBooksConnector"]
