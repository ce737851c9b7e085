"""``python -m gatepost.cli``: the same as ``gatepost``; the supervisor starts its children so."""

from gatepost.cli import main

if __name__ == "__main__":
    main()
