"""Accounts in GraphQL: the colleagues one works with, and oneself."""

from __future__ import annotations

from datetime import date

import strawberry

from db import accounts as tables
from rules.access import Role
from schema.compiler.declare import by_link, column, entity, labelled, object_id, roots, to_many, to_one
from schema.relay import Node


@entity(tables.Assignment, "post")
class Assignment(Node):
    """Where and when an account's role holds. Without estate, grid and building it is the whole community."""

    id: strawberry.ID = object_id("post")
    community = to_one("community_id", "The community.")
    estate = to_one("estate_id", "The estate, for a grid leader.")
    grid = to_one("grid_id", "The grid, for a grid worker.")
    building = to_one("building_id", "The building, for a building head.")
    stands_in_for = to_one("stands_in_for", "The worker whose grid it is, while this account stands in for them.")
    starts_on: date = column("starts_on", "First day.")
    ends_on: date | None = column("ends_on", "Last day; null while it goes on.")


@entity(tables.Account, "account")
class Account(Node):
    """Somebody who signs in."""

    id: strawberry.ID = object_id("account")
    username: str = column("username", "The name to sign in with.")
    name: str = column("name", "Name.")
    role: Role = column("role", "The post they hold.")
    role_label: str = labelled("role", Role, "The post in Chinese.")
    phone: str | None = column("phone", "Telephone at work.")
    assignments: list[Assignment] = to_many("account_id", lambda t: [t.starts_on, t.id], "Where their role holds.")


@roots
class AccountRoots:
    """Who is signed in."""

    me: Account | None = by_link(
        lambda row, t: t.id == row.scope.account_id, "Who is signed in; null without an account."
    )
