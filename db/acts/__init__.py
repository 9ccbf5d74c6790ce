"""Acts: lock the row, ask the rule, write, append to the journal; the edge commits."""
