"""Reads GraphQL requests by the GraphQL-over-HTTP specification."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request as HttpRequest

from api.http.errors import HttpError
from api.http.media import EVENTS, JSON, PARTS, RESPONSE
from api.http.preferences import preferences
from rules.refusals import Said

_ANSWERS = {RESPONSE: RESPONSE, JSON: JSON, EVENTS: EVENTS, PARTS: PARTS}
_ANY = frozenset({"*/*", "application/*"})
_DIGEST_LETTERS = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """A GraphQL request, whose document is sent in full, by its SHA-256, or as both."""

    query: str | None
    digest: bytes | None
    variables: dict[str, Any]
    operation_name: str | None


def accepted_type(request: HttpRequest) -> str:
    """The media type of the answer: the one of the ``Accept`` header that the client prefers."""
    accept = request.headers.get("accept")
    if not accept:
        return JSON
    wanted = preferences(accept)
    refused = {each.value for each in wanted if not each.weight}
    for each in wanted:
        if each.value == PARTS and each.parameters.get("subscriptionspec") != "1.0":
            continue
        media = _ANSWERS.get(each.value, (RESPONSE if JSON in refused else JSON) if each.value in _ANY else None)
        if media is not None and each.weight and media not in refused:
            return media
    answers = {"types": f"{RESPONSE}, {JSON}", "events": EVENTS}
    raise HttpError(406, "NOT_ACCEPTABLE", Said("答复的类型为 {types}，订阅的为 {events}。", answers))


async def read_request(request: HttpRequest, limit: int) -> Asked:
    """The request in a POST's body of at most ``limit`` bytes, or in a GET's parameters."""
    if request.method == "GET":
        return asked(_from_parameters(request.query_params))
    return asked(_json(await read_body(request, limit, JSON), Said("请求内容")))


async def read_body(request: HttpRequest, limit: int, media: str) -> bytes:
    """The whole body. Raises HttpError with status 415 for another media type, 413 above ``limit`` bytes."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media:
        raise HttpError(415, "UNSUPPORTED_MEDIA_TYPE", Said("请求内容的类型必须是 {media}。", {"media": media}))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HttpError(413, "BODY_TOO_LARGE", Said("请求内容超过 {limit} 字节。", {"limit": limit}))
    return bytes(body)


def _from_parameters(parameters: Mapping[str, str]) -> dict[str, Any]:
    decoded = {name: _json(parameters[name], f"`{name}`") for name in ("variables", "extensions") if name in parameters}
    return {**parameters, **decoded}


def _json(text: str | bytes, what: object) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise HttpError(400, "MALFORMED_JSON", Said("{what}不是合法的 JSON。", {"what": what})) from None


def asked(content: Any) -> Asked:
    """The request in a decoded object. Raises HttpError (``BAD_REQUEST``)."""
    if not isinstance(content, dict):
        raise _bad_request(Said("请求内容必须是一个 JSON 对象。"))
    query = _field(content, "query", str) or None
    digest = _digest(_field(content, "extensions", dict) or {})
    if query is None and digest is None:
        raise _bad_request(Said("缺少「query」。"))
    return Asked(query, digest, _field(content, "variables", dict) or {}, _field(content, "operationName", str))


def _digest(extensions: dict[str, Any]) -> bytes | None:
    """The SHA-256 in ``extensions.persistedQuery``, as Apollo's clients send it."""
    persisted = _field(extensions, "persistedQuery", dict)
    if persisted is None:
        return None
    digits = _field(persisted, "sha256Hash", str)
    if persisted.get("version") != 1:
        raise _bad_request(Said("「persistedQuery」的版本必须是 1。"))
    try:
        return bytes.fromhex(digits if digits and len(digits) == _DIGEST_LETTERS else "?")
    except ValueError:
        raise _bad_request(Said("「sha256Hash」必须是十六进制的 SHA-256。")) from None


def _field(content: dict[str, Any], name: str, type_: type) -> Any:
    value = content.get(name)
    if value is not None and not isinstance(value, type_):
        raise _bad_request(Said("「{name}」必须是文字。" if type_ is str else "「{name}」必须是对象。", {"name": name}))
    return value


def _bad_request(said: Said) -> HttpError:
    return HttpError(400, "BAD_REQUEST", said)
