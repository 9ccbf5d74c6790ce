"""Reads GraphQL requests by the GraphQL-over-HTTP specification."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request as HttpRequest

from api.http.errors import HttpError
from api.http.media import EVENTS, JSON, RESPONSE
from schema.engine.live import Request

_ANSWERS = {RESPONSE: RESPONSE, JSON: JSON, "application/*": JSON, "*/*": JSON, EVENTS: EVENTS}


def accepted_type(request: HttpRequest) -> str:
    """The media type of the answer: the first supported one in the ``Accept`` header."""
    accept = request.headers.get("accept")
    if not accept:
        return JSON
    for item in accept.split(","):
        media = item.partition(";")[0].strip().lower()
        if media in _ANSWERS:
            return _ANSWERS[media]
    raise HttpError(406, "NOT_ACCEPTABLE", f"Answers are {RESPONSE}, {JSON}, or {EVENTS} for subscriptions.")


async def read_request(request: HttpRequest, limit: int) -> Request:
    """The request in a POST's body of at most ``limit`` bytes, or in a GET's parameters."""
    if request.method == "GET":
        return _request(_from_parameters(request.query_params))
    return _request(_json(await read_body(request, limit, JSON), "The body"))


async def read_body(request: HttpRequest, limit: int, media: str) -> bytes:
    """The whole body. Raises HttpError with status 415 for another media type, 413 above ``limit`` bytes."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media:
        raise HttpError(415, "UNSUPPORTED_MEDIA_TYPE", f"The body must be {media}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HttpError(413, "BODY_TOO_LARGE", f"The body has more than {limit} bytes.")
    return bytes(body)


def _from_parameters(parameters: Mapping[str, str]) -> dict[str, Any]:
    decoded = {name: _json(parameters[name], f"`{name}`") for name in ("variables", "extensions") if name in parameters}
    return {**parameters, **decoded}


def _json(text: str | bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise HttpError(400, "MALFORMED_JSON", f"{what} is not well-formed JSON.") from None


def _request(content: Any) -> Request:
    if not isinstance(content, dict):
        raise _bad_request("The body must be one JSON object.")
    query = _field(content, "query", str)
    if not query:
        raise _bad_request("`query` is missing.")
    _field(content, "extensions", dict)
    return Request(query, _field(content, "variables", dict) or {}, _field(content, "operationName", str))


def _field(content: dict[str, Any], name: str, type_: type) -> Any:
    value = content.get(name)
    if value is not None and not isinstance(value, type_):
        kind = "a string" if type_ is str else "an object"
        raise _bad_request(f"`{name}` must be {kind}.")
    return value


def _bad_request(message: str) -> HttpError:
    return HttpError(400, "BAD_REQUEST", message)
