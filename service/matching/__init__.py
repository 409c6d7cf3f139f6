"""Draft → passages → themes → affinity → conflicts → panel → explanation. Rows → arrays → pure functions → plan."""
