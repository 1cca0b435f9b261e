"""Letters that come: fetched, read, kept and put where they belong."""
