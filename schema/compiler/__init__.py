"""Compiles the selection of a validated operation to one SQL statement that returns the JSON of the answer."""
