"""What is allowed, what is due, what counts: pure Python, no I/O, no clock, standard library only."""
