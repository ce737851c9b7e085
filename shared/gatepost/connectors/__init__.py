"""The ERP seam: what a connector is, its profile, and how one is found."""

from gatepost.connectors.errors import (
    Busy,
    ConfigurationError,
    ConnectorError,
    DependencyNotReady,
    DuplicateFound,
    OutcomeUnknown,
    PeriodClosed,
    Permanent,
    ReferenceNotFound,
    Transient,
    Unavailable,
    Unsupported,
    ValidationFailed,
)
from gatepost.connectors.port import (
    Connector,
    ConnectorConfig,
    ErpRecord,
    ExportItem,
    Found,
    RecordPage,
    Safety,
)

__all__ = [
    "Busy",
    "ConfigurationError",
    "Connector",
    "ConnectorConfig",
    "ConnectorError",
    "DependencyNotReady",
    "DuplicateFound",
    "ErpRecord",
    "ExportItem",
    "Found",
    "OutcomeUnknown",
    "PeriodClosed",
    "Permanent",
    "RecordPage",
    "ReferenceNotFound",
    "Safety",
    "Transient",
    "Unavailable",
    "Unsupported",
    "ValidationFailed",
]
