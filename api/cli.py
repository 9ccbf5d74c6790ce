"""The command line: `tunping serve` and its companions."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.clients import client_app
from api.codes import codes_app
from api.export import export_app
from api.phone import Phone, Refused, Server, report, watch
from api.registers import export_register, import_app
from api.serving import HERE, database, fail, load_demo, plain_failures, run, serve, work
from api.settings import Settings
from api.users import user_app
from api.verify import verify
from db.migrate import bring_up
from schema.schema import sdl
from seeds import demo
from seeds.scale import OVERSEER, Scale
from seeds.scale import load as load_scale

SDL_FILE = Path(__file__).parents[1] / "schema" / "schema.graphql"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="屯坪 Tunping: the backend of grid governance.",
)
app.add_typer(user_app, name="user", help="Accounts.")
app.add_typer(client_app, name="client", help="Outside systems, such as the dispute resolution centre's.")
app.add_typer(codes_app, name="codes", help="Printed QR codes.")
app.add_typer(export_app, name="export", help="Documents for printing, and registers.")
app.add_typer(import_app, name="import", help="Load registers.")
app.command()(verify)
export_app.command("residents")(export_register)

Url = Annotated[str, typer.Option(help="Where Tunping listens.")]


@app.command("serve")
def serve_command(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65_535)] = None,
    demo: Annotated[bool | None, typer.Option(help="Whether to fill an empty database with the demo.")] = None,
) -> None:
    """Start the database if need be, migrate, load the demo into an empty database, and serve."""
    serve(host=host, port=port, demo=demo)


@app.command()
def worker() -> None:
    """Do background work in a process of its own; set TUNPING_WORKER=false for the server then."""
    work()


@app.command()
def migrate() -> None:
    """Bring the database to the newest tables."""
    with plain_failures(), database(Settings.read()) as url:
        run(bring_up(url))
        typer.echo("数据库已是最新 / the database is up to date")


@app.command()
def seed(
    scale: Annotated[str | None, typer.Option(help="And a register beside it, such as 20k-households.")] = None,
) -> None:
    """Load the demo into an empty database; for measurements, with up to 200,000 households and a million appeals."""
    size = _size(scale) if scale else None
    with plain_failures(), database(Settings.read()) as url:
        run(bring_up(url))
        if not run(demo.is_empty(url)):
            fail("数据库里已有数据,没有改动 / the database is not empty; nothing was changed")
        run(load_demo(url))
        typer.echo("演示数据已载入 / the demo is loaded")
        if size:
            run(load_scale(url, size, datetime.now(UTC)))
            typer.echo(f"规模数据已载入 / the register is loaded: {OVERSEER}, 规模1书记01, 规模1网格员01 …")


def _size(text: str) -> Scale:
    try:
        return Scale.parse(text)
    except ValueError:
        fail("规模从 2k-households 到 200k-households,取偶数 / a scale is 2k-households to 200k-households, in 2,000s")


@app.command("sdl")
def sdl_command(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is up to date.")] = False,
) -> None:
    """Write the schema to schema/schema.graphql."""
    if not check:
        SDL_FILE.write_text(sdl(), encoding="utf-8")
    elif not SDL_FILE.exists() or SDL_FILE.read_text(encoding="utf-8") != sdl():
        fail("schema/schema.graphql is stale: run `make sdl`, and note breaking changes in CHANGELOG.md")


@app.command("watch")
def watch_command(
    username: Annotated[str, typer.Option("--as", help="The account, such as 网格员01.")],
    password: Annotated[str, typer.Option(help="Its password.", envvar="TUNPING_PASSWORD")] = demo.DEMO_PASSWORD,
    url: Url = HERE,
) -> None:
    """Be a grid worker's phone: print each new appeal as it arrives."""
    try:
        asyncio.run(watch(Phone(Server(url), username, password)))
    except Refused as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(0)


@app.command("report")
def report_command(
    text: Annotated[str, typer.Argument(help="What is wrong and where, such as 「3号楼2单元 暖气不热」.")],
    code: Annotated[str, typer.Option(help="The QR code that was scanned.")] = demo.DEMO_COUNTER_CODE,
    phone: Annotated[str | None, typer.Option(help="A number to call back.")] = None,
    url: Url = HERE,
) -> None:
    """Report something as a resident does, without an account."""
    try:
        receipt = asyncio.run(report(Server(url), text, code, phone))
    except Refused as error:
        fail(str(error))
    else:
        typer.echo(f"已提交,回执码 / receipt code: {receipt}")


def main() -> None:
    """Entry of the console script."""
    app()


if __name__ == "__main__":
    main()
