"""`python -m api.commands`: the command line without its installed script."""

from api.commands.main import app

app()
