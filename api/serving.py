"""BRIDGE until the last move: see api/commands."""

from api.commands.databases import CannotServe, database, plain_failures
from api.commands.signals import run
from api.commands.terminal import HERE, fail

__all__ = ["HERE", "CannotServe", "database", "fail", "plain_failures", "run"]
