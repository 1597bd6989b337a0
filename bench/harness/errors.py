"""The one failure that ends a bench: what happened, and what to do about it."""


class BenchError(Exception):
    """Printed as it is; nothing measured so far is shown."""
