"""The limit in Python: Tunping's statements behind a bare Starlette route, without GraphQL, viewer or limits."""

import os
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.pool import SETTINGS

STATEMENTS: list[tuple[str, list[object]]] = pickle.loads(Path(os.environ["STATEMENTS"]).read_bytes())  # noqa: S301


async def answer(request: Request) -> Response:
    """The JSON that PostgreSQL built for one of the statements."""
    sql, parameters = STATEMENTS[request.path_params["number"]]
    text = await request.app.state.pool.fetchval(sql, *parameters)
    return Response(f'{{"data":{text}}}', media_type="application/json")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Opens the pool, and reports that the server is up."""
    url = os.environ["DATABASE_URL"]
    async with asyncpg.create_pool(
        url, max_size=10, server_settings=SETTINGS, max_cacheable_statement_size=0
    ) as app.state.pool:
        print("up", flush=True)
        yield


if __name__ == "__main__":
    app = Starlette(routes=[Route("/{number:int}", answer, methods=["POST"])], lifespan=lifespan)
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning", access_log=False)
