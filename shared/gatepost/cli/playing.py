"""``gatepost demo``."""


def demo() -> None:
    """Everything in one process, with an ERP to play with."""
