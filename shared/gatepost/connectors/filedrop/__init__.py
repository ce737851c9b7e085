"""The file drop: items leave as files, for every ERP that reads files and has no API."""

from gatepost.connectors.filedrop.config import FileDropConfig
from gatepost.connectors.filedrop.connector import FileDropConnector

__all__ = ["FileDropConfig", "FileDropConnector"]
