"""ariadne-codegen: a typed client of the whole schema, made from some operations, asks the server."""

import asyncio
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

CONFIG = """[tool.ariadne-codegen]
schema_path = "{schema}"
queries_path = "operations.graphql"
target_package_name = "ariadne_client"
plugins = []
"""


def signed_in_client() -> Any:
    """The module of the client that was made, and a client of it with a token."""
    Path("ariadne.toml").write_text(CONFIG.format(schema=os.environ["TUNPING_SCHEMA"]), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ariadne_codegen", "--config", "ariadne.toml"], check=True)
    sys.path.insert(0, str(Path.cwd()))
    made = importlib.import_module("ariadne_client")
    form = {"grant_type": "password", "username": "网格员01", "password": os.environ["TUNPING_PASSWORD"]}
    token = httpx.post(f"{os.environ['TUNPING_URL']}/auth/token", data=form).raise_for_status().json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    return made, made.Client(url=f"{os.environ['TUNPING_URL']}/graphql", headers=headers)


async def story(made: Any, signed_in: Any) -> str:
    async with signed_in as client:
        page = (await client.appeal_page(first=5)).appeals
        assert len(page.nodes) == 5
        assert page.total_count > 5
        refused = await client.accept(input=made.AcceptAppealInput(appeal=page.nodes[0].household.id))
        assert refused.accept_appeal.appeal is None
        return f"{page.nodes[0].status.value}, {refused.accept_appeal.errors[0].code}"


if __name__ == "__main__":
    print(asyncio.run(story(*signed_in_client())))
