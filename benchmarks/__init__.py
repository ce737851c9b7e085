"""The item trip, measured: Gatepost beside peers that do the same work on the same servers."""
