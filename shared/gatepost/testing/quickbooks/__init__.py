"""QuickBooks Desktop as a simulator: a company file in memory, and the Web Connector that calls for it.

Made from the published schema and what is publicly written about the Web Connector. It is not
QuickBooks: what it refuses QuickBooks refuses, as far as is known; what it takes QuickBooks may not.
"""

from gatepost.testing.quickbooks.company_file import CompanyFile
from gatepost.testing.quickbooks.web_connector import WebConnector

__all__ = ["CompanyFile", "WebConnector"]
