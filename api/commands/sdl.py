"""`tunping sdl`: the schema as a file."""

import gc
from pathlib import Path
from typing import Annotated

import typer

import schema
from api.commands.terminal import fail, new_app
from schema.engine.every_field import problems
from schema.schema import SCHEMA
from schema.schema import sdl as written

FILE = Path(schema.__file__).parent / "schema.graphql"
app = new_app()


@app.command()
def sdl(
    check: Annotated[bool, typer.Option("--check", help="Only check the file, and that every field compiles.")] = False,
) -> None:
    """Write the schema to schema/schema.graphql."""
    if not check:
        FILE.write_text(written(), encoding="utf-8")
        return
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != written():
        fail("schema/schema.graphql is stale: run `make sdl`, and note breaking changes in CHANGELOG.md")
    gc.disable()  # It would scan the permanent objects of the schema again and again.
    if wrong := [f"{each.field}, {each.role}: {each.reason}" for each in problems(SCHEMA._schema)]:
        fail("\n".join(wrong))
