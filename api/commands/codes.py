"""BRIDGE until the last move."""

from api.codes import codes_app as app

__all__ = ["app"]
