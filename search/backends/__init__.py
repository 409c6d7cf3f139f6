"""Index backends; each passes tests/contracts/test_search_backend.py."""
