"""ERPs that call in: QuickBooks Desktop comes by itself, and is given what waits for it."""
