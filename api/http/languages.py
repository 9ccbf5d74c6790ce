"""The language of messages for people."""

from starlette.requests import HTTPConnection

from api.http.preferences import preferences
from schema.languages import CHINESE, languages


def language_of(connection: HTTPConnection) -> str:
    """The best of Chinese and the languages with a catalogue by the ``Accept-Language`` header; Chinese by default."""
    for each in preferences(connection.headers.get("accept-language", "")):
        primary = each.value.partition("-")[0]
        if primary in languages() and each.weight:
            return primary
    return CHINESE
