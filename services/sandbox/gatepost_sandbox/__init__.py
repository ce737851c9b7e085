"""The sandbox: an ERP that keeps real books and fails when told to, a mail server, an upstream.

It knows nothing of Gatepost but how to be started beside it.
"""

from gatepost.runtime.service import Service
from gatepost_sandbox.beside import Beside
from gatepost_sandbox.settings import Settings

service = Service("sandbox", background=(Beside,), settings=Settings)
