"""Accounts in GraphQL."""

from __future__ import annotations

from datetime import date

import strawberry

from db import accounts as tables
from rules.access import Role
from schema.compiler import declare as gql
from schema.relay import Node


@gql.entity(tables.Assignment, "post")
class Assignment(Node):
    """A post: where and when an account's role holds. Without estate, grid and building it is the whole community."""

    id: strawberry.ID = gql.object_id("post")
    community = gql.to_one("community_id", "The community.")
    estate = gql.to_one("estate_id", "The estate, for a grid leader.")
    grid = gql.to_one("grid_id", "The grid, for a grid worker.")
    building = gql.to_one("building_id", "The building, for a building head.")
    stands_in_for = gql.to_one("stands_in_for", "The absent worker, for a post as stand-in.")
    starts_on: date = gql.column("starts_on", "First day.")
    ends_on: date | None = gql.column("ends_on", "Last day; null if open-ended.")


@gql.entity(tables.Account, "account")
class Account(Node):
    """An account that can sign in."""

    id: strawberry.ID = gql.object_id("account")
    username: str = gql.column("username", "The user name for signing in.")
    name: str = gql.column("name", "Name.")
    role = gql.word("role", Role, "The role.")
    phone: str | None = gql.column("phone", "Work telephone.")
    assignments: list[Assignment] = gql.to_many("account_id", lambda t: [t.starts_on, t.id], "Posts of the account.")


@gql.roots
class AccountRoots:
    me: Account | None = gql.by_link(lambda row, t: t.id == row.scope.account_id, "The viewer's account, or null.")
