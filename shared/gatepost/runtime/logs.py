"""Logs: one chain for our own lines and those of the libraries; JSON unless a person looks.

Secrets are taken out at the end of the chain, whoever wrote them: passwords in URLs, bearer and API
tokens, and whatever stands under a name that promises a secret.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, Processor

MASK: Final = "***"
_SECRET_NAME: Final = re.compile(
    r"(?i)(^|_)(password|passwd|secret|token|api_?key|secret_key|authorization|cookie)$"
)
_PATTERNS: Final = (
    (re.compile(r"(?<=://)([^\s/:@'\"]*):[^\s/@'\"]+(?=@)"), rf"\1:{MASK}"),  # user:password@
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {MASK}"),
    (re.compile(r"\bgp_[\w-]{8,}"), MASK),  # our own API tokens
    (re.compile(r"\bwhsec_[\w+/=-]{8,}"), MASK),  # secrets of webhooks
    (re.compile(r"(?<=/r/)[\w-]{20,}"), MASK),  # links in mails
    (re.compile(r"(?i)\b(password|secret|token)=[^\s&'\"]+"), rf"\1={MASK}"),
)

#: Libraries that say at each connection what we say once, or say too much.
_QUIETER: Final = {
    "pika": logging.WARNING,
    "pika.adapters": logging.CRITICAL,  # a dozen lines for each try; we say "RabbitMQ is away"
    "dramatiq.broker": logging.ERROR,  # warns that each worker of a broker brings the same middleware
    "sqlalchemy.engine": logging.WARNING,  # it would log the values of statements
    "alembic": logging.WARNING,
    "httpcore": logging.WARNING,
    "authlib": logging.WARNING,
    "mail.log": logging.WARNING,
    "uvicorn.access": logging.WARNING,
}


def set_up(form: str = "auto", level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send all logs through one chain to ``stream`` (stdout).

    Args:
        form: ``json``, ``pretty``, or ``auto``: pretty on a terminal.
        level: the lowest level that is written.
        stream: where to.

    """
    stream = stream or sys.stdout
    pretty = form == "pretty" or (form == "auto" and stream.isatty())
    shared = _shared()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # loggers are made on import, before this
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_paint,
                hide_secrets,
                _renderer(pretty, stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    for name, lowest in _QUIETER.items():
        logging.getLogger(name).setLevel(max(lowest, root.level))


def hide_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The last word before a line is written: what is secret is masked."""
    for name, value in event.items():
        event[name] = MASK if _SECRET_NAME.search(name) else _hidden(value)
    return event


def _without_paint(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Uvicorn says everything twice, the second time in colours."""
    event.pop("color_message", None)
    return event


def mask(text: str) -> str:
    """A text without the secrets in it."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _hidden(value: Any) -> Any:  # noqa: ANN401 - whatever was logged
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, MutableMapping):
        return {
            name: MASK if _SECRET_NAME.search(str(name)) else _hidden(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hidden(each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return mask(str(value))


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _renderer(pretty: bool, stream: TextIO) -> Processor:
    if pretty:
        return structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.processors.JSONRenderer(ensure_ascii=False)
