"""The rules of the domain in pure Python: no I/O, no clock, standard library only."""
