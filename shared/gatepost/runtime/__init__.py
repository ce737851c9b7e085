"""How a message reaches a handler: settings, transports, workers, the relay, the sweep."""
