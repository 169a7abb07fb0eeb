"""One module per standard, reader and writer together. `reading.read` chooses by content and never raises for it."""
