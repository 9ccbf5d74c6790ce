"""Measures a running Tunping from outside. Nothing is asserted about the figures."""
