"""A real Tryton for tests: installed once into an environment of its own, started from a copy."""
