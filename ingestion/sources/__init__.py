"""One module per source of records; `spreadsheet` reads the rosters offices send."""
