"""Odoo: its connector, over JSON-2 from 19 on and JSON-RPC before."""

from gatepost.connectors.odoo.connector import OdooConfig, OdooConnector

__all__ = ["OdooConfig", "OdooConnector"]
