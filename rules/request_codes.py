"""Codes of refused requests and of faults. With those of refused acts (rules/refusals.py) they are all codes."""

from enum import auto

from rules.vocabulary import Word


class RequestCode(Word):
    """Why a request as a whole was refused, or failed."""

    # NAME = auto(), "", meaning.

    BAD_REQUEST = auto(), "", "The body has not the right form."
    BODY_TOO_LARGE = auto(), "", "The body is above the limit."
    BROKEN_PHOTO = auto(), "", "The photo cannot be decoded."
    BUSY = auto(), "", "More requests are in progress than the server works at. Nothing was changed."
    GRAPHQL_PARSE_FAILED = auto(), "", "The document is not GraphQL."
    GRAPHQL_VALIDATION_FAILED = auto(), "", "The document does not fit the schema."
    INTERNAL = auto(), "", "A defect of the server. Nothing was changed."
    INVALID_CURSOR = auto(), "", "This is not a cursor of the feed."
    INVALID_VARIABLES = auto(), "", "The variables do not have the declared types."
    MALFORMED_JSON = auto(), "", "The body is not well-formed JSON."
    NOT_ACCEPTABLE = auto(), "", "No answer has a media type that the request accepts."
    NOT_CONFIGURED = auto(), "", "The server lacks a setting."
    OUTCOME_UNKNOWN = auto(), "", "Everything was done or nothing. The same request with the same ids finds out."
    PHOTO_TOO_LARGE = auto(), "", "The photo has too many bytes."
    PERSISTED_QUERY_NOT_FOUND = auto(), "", "No document with this SHA-256 is kept. Send it in full."
    QUERY_TOO_COSTLY = auto(), "", "The estimated cost is above the limit."
    QUERY_TOO_LARGE = auto(), "", "The document is above a limit."
    RESYNC_REQUIRED = auto(), "", "The cursor is too old. Read everything again."
    SUBSCRIPTIONS_ONLY = auto(), "", "Queries and mutations are sent by HTTP."
    TIMEOUT = auto(), "", "It took too long and was stopped. Nothing was changed."
    TOKEN_EXPIRED = auto(), "", "The access token has expired. Refresh it."
    TOKEN_INVALID = auto(), "", "The access token is not valid, or not any more. Sign in again."
    TOO_MANY_MUTATIONS = auto(), "", "The document has too many mutations."
    TOO_MANY_SUBSCRIPTIONS = auto(), "", "The socket has too many subscriptions."
    TOO_MANY_PIXELS = auto(), "", "The photo has too many pixels."
    TOO_SLOW = auto(), "", "The content came too slowly."
    UNAUTHENTICATED = auto(), "", "This needs an account."
    UNAVAILABLE = auto(), "", "The database or the photo store does not answer. Nothing was changed."
    UNKNOWN_OPERATION = auto(), "", "The document has no operation of this name."
    UNSUPPORTED_MEDIA_TYPE = auto(), "", "The body has a media type that is not accepted."
    UNSUPPORTED_PHOTO = auto(), "", "The content is neither JPEG nor PNG nor WebP."
    UNTRUSTED_DOCUMENT = auto(), "", "The operator has not added this document."
    USE_EVENT_STREAM = auto(), "", "A subscription is sent as an event stream or on a socket."
    USE_POST = auto(), "", "A mutation is sent by POST."
    WRONG_DIGEST = auto(), "", "The content has another SHA-256."
