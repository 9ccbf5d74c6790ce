"""The language of messages for people."""

from starlette.requests import HTTPConnection

from schema.languages import LANGUAGES


def language_of(connection: HTTPConnection) -> str:
    """The best of Chinese and the languages with a catalogue by the ``Accept-Language`` header; Chinese by default."""
    best, weight = LANGUAGES[0], 0.0
    for item in connection.headers.get("accept-language", "").split(","):
        tag, _, parameter = item.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(parameter)
        if primary in LANGUAGES and quality > weight:
            best, weight = primary, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
