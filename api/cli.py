"""BRIDGE until the last move: the command line is api/commands."""

from api.commands.main import app, main

__all__ = ["app", "main"]

if __name__ == "__main__":
    main()
