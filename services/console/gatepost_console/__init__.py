"""Console: the HTTP API, for sources, approvers and operators."""

from gatepost.runtime.service import Service
from gatepost_console.serving import Serving
from gatepost_console.settings import ConsoleSettings

service = Service("console", background=(Serving,), settings=ConsoleSettings, listens=True)
