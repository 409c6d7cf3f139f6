"""Pure functions: what a person typed in → what it means. Nothing here reads a file or knows a column."""
