"""Rules said in plain Python: the SQL that production runs is held to them, golden examples and at random."""
