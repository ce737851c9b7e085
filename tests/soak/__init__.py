"""The kill test: everything is killed at random while items flow; then every item is accounted for."""
