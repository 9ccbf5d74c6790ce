"""GraphQL over HTTP: one endpoint for queries, mutations, and subscriptions as server-sent events."""

from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from api.explorer import graphiql
from api.http.access_tokens import Authenticated, authenticated
from api.http.admission import ActLimits, CodeGuesses, admit_viewer
from api.http.answers import answer as answered
from api.http.asking import QUERIES_ONLY, context_of
from api.http.documents import Documents
from api.http.errors import HttpError, cause_of, format_error
from api.http.events import stream
from api.http.media import EVENTS, PARTS, RESPONSE
from api.http.requests import Asked, accepted_type, read_request
from rules.refusals import Said
from schema.compiler.refused import RequestError
from schema.engine.execution import WrongOperation, answer
from schema.engine.live import Request

QUERIES_AND_MUTATIONS = QUERIES_ONLY | {OperationType.MUTATION}


async def graphql(request: HttpRequest) -> Response:
    """POST, or GET for queries only. A browser that opens the address gets GraphiQL."""
    if graphiql.wants_page(request):
        return graphiql.page(request)
    media = accepted_type(request)
    asked = await read_request(request, request.app.state.body_limit)
    who = authenticated(request)
    await admit_viewer(request, who.viewer)
    if media in {EVENTS, PARTS}:
        return await stream(request, asked, who, media)
    result = await _result(request, asked, who)
    errors = [_formatted(error, request) for error in result.errors or ()]
    content: dict[str, Any] = {"errors": errors} if errors else {}
    if not _was_refused(result):
        content |= {"data": result.data}
        if result.extensions:
            content["extensions"] = result.extensions
        return await answered(request, orjson.dumps(content), 200, media, failed=bool(errors))
    needs_account = any(each["extensions"]["code"] == "UNAUTHENTICATED" for each in errors)
    status = (401 if needs_account else 400) if media == RESPONSE else 200
    response = await answered(request, orjson.dumps(content), status, media, failed=True)
    if needs_account:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _result(request: HttpRequest, asked: Asked, who: Authenticated) -> ExecutionResult:
    documents: Documents = request.app.state.documents
    try:
        operation = await documents.request(request, asked, who.viewer)
    except RequestError as refused:
        return ExecutionResult(None, [refused])
    return await _execute(request, operation, who)


def _formatted(error: GraphQLError, request: HttpRequest) -> dict[str, Any]:
    """An error of the answer. An unexpected one is raised, because the whole request failed."""
    cause = cause_of(error)
    if not isinstance(cause, GraphQLError):
        raise cause
    return format_error(cause, request)


def _was_refused(result: ExecutionResult) -> bool:
    """True if the document was refused before its execution. Only errors of fields have a path."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


async def _execute(request: HttpRequest, operation: Request, who: Authenticated) -> ExecutionResult:
    flood = ActLimits(request)
    context = context_of(request, who.viewer, operation.operation_name, flood, CodeGuesses(request, who.viewer))
    allowed = QUERIES_ONLY if request.method == "GET" else QUERIES_AND_MUTATIONS
    try:
        result = await answer(operation.query, operation.variables, context, allowed)
    except WrongOperation as error:
        if error.type is OperationType.SUBSCRIPTION:
            said = Said("订阅须带有「Accept: {media}」。", {"media": EVENTS})
            raise HttpError(400, "USE_EVENT_STREAM", said) from None
        raise HttpError(405, "USE_POST", Said("变更请以 POST 发送。"), {"Allow": "POST"}) from None
    if not result.errors:
        await flood.settle()
    return result
