"""Who may do what: one can() for pages, API, search, export, mail and counts."""
