"""BRIDGE until the last move."""

from api.export import export_app as app
from api.registers import export_register

__all__ = ["app"]
app.command("residents")(export_register)
