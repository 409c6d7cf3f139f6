"""Background tasks: load, call one action, nothing more."""
