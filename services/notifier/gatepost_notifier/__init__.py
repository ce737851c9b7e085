"""Notifier: writes and posts the mails."""

from gatepost.messages.routes import Queue
from gatepost.runtime.service import Service

service = Service("notifier", queue=Queue.NOTIFY)
