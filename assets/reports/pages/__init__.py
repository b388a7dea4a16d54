"""One module per page: it reads the published snapshot and says what the page finds."""
