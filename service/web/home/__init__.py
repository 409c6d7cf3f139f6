"""The first page: what waits, and where to search."""
