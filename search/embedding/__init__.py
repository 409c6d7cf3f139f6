"""Texts as vectors: one protocol, guarded runtimes, a cache keyed by text hash and model."""
