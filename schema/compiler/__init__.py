"""Turns the selection of a validated operation into one SQL statement that builds the JSON of the answer."""
