"""The directory: search, and one expert with what proves their expertise."""
