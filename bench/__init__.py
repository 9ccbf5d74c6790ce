"""Measures a running Tunping from outside. Figures are printed, never asserted."""
