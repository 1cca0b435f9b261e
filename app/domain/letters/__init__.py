"""Letters as they come from strangers: what they say, who sent them, what kind they are."""
