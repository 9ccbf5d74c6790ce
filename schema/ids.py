"""Global ids, ``<type>_<uuid>``: readable, unique across types, and created by clients without a connection."""

from collections.abc import Collection
from uuid import UUID

from db.scope import kept_record
from db.sql import Column
from rules.refusals import Code, Refusal


def split_id(value: str, *path: str | int) -> tuple[str, UUID]:
    """The type and the UUID of a global id, or MALFORMED_ID."""
    prefix, _, rest = value.rpartition("_")
    try:
        uuid = UUID(rest)
    except ValueError:
        raise Refusal(Code.MALFORMED_ID, *path, value=value[:80]) from None
    if str(uuid) != rest:  # one object, one id
        raise Refusal(Code.MALFORMED_ID, *path, value=value[:80])
    return prefix, uuid


def parse_id(prefix: str, value: str, *path: str | int) -> UUID:
    """The UUID of a global id of the given type, or MALFORMED_ID."""
    found, uuid = split_id(value, *path)
    if found != prefix:
        raise Refusal(Code.MALFORMED_ID, *path, value=value[:80])
    return uuid


def parse_id_among(prefixes: Collection[str], value: str) -> UUID:
    """The UUID of a global id of one of the given types, or MALFORMED_ID."""
    return parse_id(next((each for each in prefixes if value.startswith(f"{each}_")), ""), value)


def meant_by(prefix: str, uuid: Column) -> Column:
    """The id of the row that a global id means: that of a merged resident's record means the record that was kept."""
    return kept_record(uuid) if prefix == "resident" else uuid
