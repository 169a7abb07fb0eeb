"""Reader to come."""

READERS = ()
