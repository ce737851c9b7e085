"""The peers: the same trip, on what people would otherwise take."""
