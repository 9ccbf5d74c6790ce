"""BRIDGE until the last move."""

from api.commands.terminal import new_app
from api.verify import verify

app = new_app()
app.command()(verify)
