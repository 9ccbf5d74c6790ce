"""BRIDGE until the last move."""

from api.registers import import_app as app

__all__ = ["app"]
