"""BRIDGE until the last move: see api/commands."""

from api.commands.settings import Settings, SettingsError

__all__ = ["Settings", "SettingsError"]
