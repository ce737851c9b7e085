"""What is remembered: items, their history, and the messages that still have work to do.

One rule carries the reliability: a message exists in the table ``messages`` from the transaction
that caused it until the transaction that did its work.
"""
