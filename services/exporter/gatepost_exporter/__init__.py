"""Exporter: the only room that calls an ERP."""

from gatepost.messages.routes import Queue
from gatepost.runtime.service import Service
from gatepost_exporter.calling_in.door import Door
from gatepost_exporter.exporting import Exporting
from gatepost_exporter.reading import Reading
from gatepost_exporter.settings import ExporterSettings

service = Service(
    "exporter",
    outside={Queue.EXPORT: Exporting, Queue.READ: Reading},
    threads=4,
    background=(Door,),
    settings=ExporterSettings,
)
