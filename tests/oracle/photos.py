"""Plain resolvers of photos: signed addresses, and those that were removed."""

from datetime import UTC, datetime

from rules.photos import holds_until, sign
from tests.oracle.connections import Given, Resolver
from tests.oracle.rows import Row
from tests.oracle.sight import Sight, of_seen_case


def _signed(size: str) -> Resolver:
    def resolve(_: Sight, row: Row, __: Given) -> str:
        path, until = f"{row['id']}/{size}", holds_until(datetime.now(UTC))
        return f"/photos/{path}?until={until}&signature={sign(b'', path, until)}"

    return resolve


def _photos(foreign_key: str) -> Resolver:
    def resolve(sight: Sight, row: Row, _: Given) -> list[Row]:
        found = [each for each in sight.rows("photo") if each[foreign_key] == row["id"]]
        return sorted(found, key=lambda each: (each["attached_at"], each["id"]))

    return resolve


def _all_photos(sight: Sight, row: Row, _: Given) -> list[Row]:
    own = (each for each in sight.world["photo"] if each["appeal_id"] == row["id"])
    found = [each for each in own if each["removed_at"] is None]
    return sorted(found, key=lambda each: (each["attached_at"], each["id"]))


def _removed(foreign_key: str) -> Resolver:
    def resolve(sight: Sight, row: Row, _: Given) -> list[Row]:
        own = (each for each in sight.world["photo"] if each[foreign_key] == row["id"] and of_seen_case(sight, each))
        found = (each for each in own if each["removed_at"] is not None)
        shown_as = [Row("photo", "RemovedPhoto", each.values) for each in found]
        return sorted(shown_as, key=lambda each: (each["removed_at"], each["id"]))

    return resolve


PHOTOS: dict[tuple[str, str], Resolver] = {
    ("Appeal", "photos"): _photos("appeal_id"),
    ("Visit", "photos"): _photos("visit_id"),
    ("Visit", "removedPhotos"): _removed("visit_id"),
    ("Appeal", "removedPhotos"): _removed("appeal_id"),
    ("DamageFinding", "photos"): _photos("finding_id"),
    ("Receipt", "photos"): _all_photos,
    **{
        (type_, field): _signed(size)
        for type_ in ("Photo", "ReceiptPhoto")
        for field, size in (("url", "whole"), ("thumbnailUrl", "thumbnail"))
    },
}
