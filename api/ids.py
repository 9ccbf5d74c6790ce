"""BRIDGE until the last move."""

from rules.ids import uuid7

__all__ = ["uuid7"]
