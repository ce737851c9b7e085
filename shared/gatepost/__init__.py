"""Gatepost: the accounting gate between operational systems and the ERP.

The rooms, from the ground up: ``domain`` (what holds, in plain Python), ``messages`` (what travels)
and ``connectors`` (the ERP seam), ``ledger`` (what is remembered), ``runtime`` (how a message reaches
a handler), ``testing`` (what a stranger needs to test an ERP or an upstream against it), ``cli``.
"""

__version__ = "0.1.0"
