"""Who holds a post in a place today, worked out row by row."""

from collections.abc import Callable, Mapping
from typing import Any

from rules.access import Role
from tests.oracle.rows import Row, read_id_of, shown
from tests.oracle.sight import Sight

Given = Mapping[str, Any]


def _in_office(sight: Sight, account: Row, place: str, key: Any) -> bool:
    posts = (each for each in sight.world["assignment"] if each["account_id"] == account["id"])
    return account["disabled_at"] is None and any(each[place] == key and sight.is_current(each) for each in posts)


def works_in(prefix: str) -> Callable[[Sight, Row, Any], bool]:
    """Whether an account has a post today in the place of an id."""
    return lambda sight, row, wanted: _in_office(sight, row, f"{prefix}_id", read_id_of(prefix, wanted))


def _workers(sight: Sight, grid: Row, _: Given) -> list[Row]:
    workers = (each for each in sight.rows("account") if each["role"] == Role.GRID_WORKER)
    found = (each for each in workers if _in_office(sight, each, "grid_id", grid["id"]))
    return sorted(found, key=lambda each: (each["name"], each["id"]))


def _first(role: Role, place: str) -> Callable[[Sight, Row, Given], Row | None]:
    def resolve(sight: Sight, row: Row, _: Given) -> Row | None:
        held = [each for each in sight.world["assignment"] if each[place] == row["id"] and sight.is_current(each)]
        for post in sorted(held, key=lambda each: (each["starts_on"], each["id"])):
            account = sight.anyhow("account", post["account_id"])
            if account and account["role"] == role and account["disabled_at"] is None:
                return sight.find("account", account["id"])
        return None

    return resolve


COLLEAGUES: dict[tuple[str, str], Callable[[Sight, Any, Given], Any]] = {
    ("Grid", "workers"): _workers,
    ("Building", "head"): _first(Role.BUILDING_HEAD, "building_id"),
    ("Estate", "leader"): _first(Role.GRID_LEADER, "estate_id"),
    ("Account", "isActive"): lambda _, row, __: row["disabled_at"] is None,
    ("Account", "invitationEndsAt"): lambda _, row, __: shown(row["invitation_expires_at"]),
}
