"""`tunping documents`: the GraphQL documents that the server trusts (TUNPING_TRUSTED_DOCUMENTS)."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import graphql
import orjson
import typer

from api.commands.databases import transact
from api.commands.languages import say, stop
from api.commands.terminal import fail, new_group
from db.acts.persisted_documents import digest_of, remove_document, trust_documents, trusted_documents
from db.persisted_documents import PersistedDocument
from schema.engine.documents import InvalidDocument, check

app = new_group("GraphQL documents that the server trusts.")


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="Files .graphql with a document each, or manifests (.json).")],
) -> None:
    """Trust documents: all of them, or none if one does not fit the schema."""
    bodies = {body: file for file in files for body in _bodies(file)}
    for body, file in bodies.items():
        _check(body, file)
    added = transact(partial(trust_documents, bodies=bodies))
    say("新增 {added} 份，共 {bodies} 份", added=added, bodies=len(bodies))


@app.command("list")
def list_() -> None:
    """List the trusted documents by their SHA-256, with the names of their operations."""
    for each in transact(trusted_documents):
        typer.echo(f"{each.sha256.hex()}  {_names(each)}")


@app.command()
def remove(digest: Annotated[str, typer.Argument(metavar="SHA256")]) -> None:
    """Trust a document no more. Servers notice within a minute."""
    try:
        wanted = bytes.fromhex(digest)
    except ValueError:
        stop("不是十六进制的 SHA-256：{digest}", digest=digest)
    if not transact(partial(remove_document, digest=wanted)):
        stop("没有这份文档：{digest}", digest=digest)
    say("已移除：{digest}", digest=digest)


def _names(document: PersistedDocument) -> str:
    definitions = graphql.parse(document.body).definitions
    operations = [each for each in definitions if isinstance(each, graphql.OperationDefinitionNode)]
    return ", ".join(each.name.value if each.name else each.operation.value for each in operations)


def _bodies(file: Path) -> Iterator[str]:
    """The documents of a file: the whole text, or all of a manifest as Apollo's or Relay's tools write it."""
    try:
        text = file.read_text("utf-8")
        entries = _entries(orjson.loads(text)) if file.suffix == ".json" else None
    except (OSError, UnicodeDecodeError) as error:
        stop("无法读取：{file}: {error}", file=file, error=getattr(error, "strerror", None) or "UTF-8")
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError):
        stop("不是文档清单：{file}", file=file)
    if entries is None:
        yield text
        return
    for digest, body in entries.items():
        if digest_of(body).hex() != digest.removeprefix("sha256:"):
            stop("编号不是文档的 SHA-256：{file}: {digest}", file=file, digest=digest)
        yield body


def _entries(content: Any) -> dict[str, str]:
    """The documents of a manifest by their ids."""
    if "operations" in content:
        content = {each["id"]: each["body"] for each in content["operations"]}
    if not isinstance(content, dict) or not all(isinstance(body, str) for body in content.values()):
        raise TypeError
    return dict(content)


def _check(body: str, file: Path) -> None:
    try:
        asyncio.run(check(body))
    except InvalidDocument as invalid:
        fail(f"{file}: {invalid.errors[0].message}")
    except graphql.GraphQLError as error:
        fail(f"{file}: {error.message}")
