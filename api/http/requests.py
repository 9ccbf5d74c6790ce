"""Reads a GraphQL request from HTTP, as the GraphQL-over-HTTP specification has it."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request as HttpRequest

from api.http.errors import HttpError
from api.http.media import EVENTS, JSON, RESPONSE
from schema.engine.live import Request

_ANSWERS = {RESPONSE: RESPONSE, JSON: JSON, "application/*": JSON, "*/*": JSON, EVENTS: EVENTS}


def accepted_type(request: HttpRequest) -> str:
    """The media type to answer in: the first one the client accepts that can be given."""
    accept = request.headers.get("accept")
    if not accept:
        return JSON
    for item in accept.split(","):
        media = item.partition(";")[0].strip().lower()
        if media in _ANSWERS:
            return _ANSWERS[media]
    raise HttpError(406, "NOT_ACCEPTABLE", f"Answers are {RESPONSE}, {JSON}, or {EVENTS} for subscriptions.")


async def read_request(request: HttpRequest, limit: int) -> Request:
    """The request in a POST's body or a GET's parameters."""
    if request.method == "GET":
        return _request(_from_parameters(request.query_params))
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON:
        raise HttpError(415, "UNSUPPORTED_MEDIA_TYPE", f"The body must be {JSON}.")
    try:
        return _request(orjson.loads(await _body(request, limit)))
    except orjson.JSONDecodeError:
        raise HttpError(400, "MALFORMED_JSON", "The body is not well-formed JSON.") from None


async def _body(request: HttpRequest, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HttpError(413, "BODY_TOO_LARGE", f"The body has more than {limit} bytes.")
    return bytes(body)


def _from_parameters(parameters: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if name in found:
            try:
                found[name] = orjson.loads(found[name])
            except orjson.JSONDecodeError:
                raise HttpError(400, "MALFORMED_JSON", f"`{name}` is not well-formed JSON.") from None
    return found


def _request(content: Any) -> Request:
    if not isinstance(content, dict):
        raise _bad("The body must be one JSON object.")
    query = _field(content, "query", str)
    if query is None:
        raise _bad("`query` is missing.")
    _field(content, "extensions", dict)
    return Request(query, _field(content, "variables", dict) or {}, _field(content, "operationName", str))


def _field(content: dict[str, Any], name: str, type_: type) -> Any:
    value = content.get(name)
    if value is not None and not isinstance(value, type_):
        kind = "a string" if type_ is str else "an object"
        raise _bad(f"`{name}` must be {kind}.")
    return value


def _bad(message: str) -> HttpError:
    return HttpError(400, "BAD_REQUEST", message)
