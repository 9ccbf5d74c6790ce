"""`python -m api.commands`: the command line where its script is not installed."""

from api.commands.main import main

main()
