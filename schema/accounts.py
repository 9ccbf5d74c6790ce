"""Accounts in GraphQL."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import strawberry

from db import accounts as tables
from db import sql
from db.base import alias
from db.holding import POST, in_force_on, today
from db.places import Community
from db.scope import Condition
from db.sql import Column
from rules.access import Role
from rules.permissions import Permission, permissions_of
from schema.compiler import declare as gql
from schema.compiler.arguments import Argument
from schema.compiler.expressions import EMPTY, constant
from schema.compiler.sources import Link, Predicate, Row
from schema.filters import among, contains, when
from schema.ids import parse_id
from schema.orders import BY_NAME
from schema.places import Building, Estate, Grid
from schema.relay import Connection, Node


@gql.entity(tables.Assignment, "post")
class Assignment(Node):
    """A post: where and when an account's role holds. Without a smaller place it is the whole community."""

    id: strawberry.ID = gql.object_id("post")
    community = gql.to_one("community_id", "The community.")
    estate = gql.to_one("estate_id", "The estate, for a grid leader.")
    grid = gql.to_one("grid_id", "The grid, for a grid worker.")
    building = gql.to_one("building_id", "The building, for a building head.")
    organisation = gql.to_one("organisation_id", "The organisation, for a partner or a mediator of the centre.")
    stands_in_for = gql.to_one("stands_in_for", "The absent worker, for a post as stand-in.")
    starts_on: date = gql.column("starts_on", "First day.")
    ends_on: date | None = gql.column(
        "ends_on", "Last day; null if open-ended. Before the first one if it held for no day."
    )
    ended_at: datetime | None = gql.column(
        "ended_at", "When it was ended at once: it holds no more since then, and the day before is its last one."
    )


def _in_office(t: Any, role: Role | None, place: str, uuid: Column) -> Condition:
    """True if an account holds a post in a place today."""
    there = POST.c.account_id == t.id, POST.c[place] == uuid
    return sql.exists(POST).where(*there, *([POST.c.role == constant(role)] if role else []))


def first_in_office(role: Role, place: str) -> Link:
    """The account that has held a post in the enclosing place for the longest of those that hold one today."""

    def link(row: Row, t: Any) -> Condition:
        account, post, community = alias(tables.Account), alias(tables.Assignment), alias(Community)
        whole = post.join(account, account.c.id == post.c.account_id)
        whole = whole.join(community, community.c.id == post.c.community_id)
        first = (
            sql.select(account.c.id)
            .from_(whole)
            .where(post.c[place] == row.c.id, account.c.role == constant(role), account.c.disabled_at.is_(None))
            .where(in_force_on(post, today(community)))
            .order_by(post.c.starts_on, post.c.id)
            .limit(1)
        )
        found: Condition = t.id == first.scalar()
        return found

    return link


def _works_in(prefix: str) -> Predicate:
    """Accounts with a post today in the place with the given id."""

    def predicate(row: Row, given: Argument) -> Condition:
        wanted = row.bind(sql.UUID, given.convert(lambda text: parse_id(prefix, text)))
        return _in_office(row.c, None, f"{prefix}_id", wanted)

    return predicate


@gql.filters
class AccountFilter:
    """A filter of accounts."""

    text: str | None = gql.where(contains("name", "username"), "Whose name or user name contains this.")
    role: list[Role] | None = gql.where(among("role"), "In one of these roles.")
    active: bool | None = gql.where(
        when(lambda row: row.c.disabled_at.is_(None)), "True: not disabled. False: the disabled ones."
    )
    community: strawberry.ID | None = gql.where(_works_in("community"), "With a post in this community today.")
    estate: strawberry.ID | None = gql.where(_works_in("estate"), "With a post for this estate today.")
    grid: strawberry.ID | None = gql.where(_works_in("grid"), "With a post for this grid today.")
    building: strawberry.ID | None = gql.where(_works_in("building"), "With a post for this building today.")
    organisation: strawberry.ID | None = gql.where(
        _works_in("organisation"), "With a post for this organisation today."
    )


def _permissions(row: Row) -> Column:
    """By the role, as a JSON list."""
    each = ((constant(role), sql.raw(sql.quote(json.dumps([*permissions_of(role)])) + "::json")) for role in Role)
    active = sql.case(*each, value=sql.cast(row.c.role, sql.TEXT))
    return sql.case((row.c.disabled_at.is_(None), active), else_=EMPTY)


@gql.entity(tables.Account, "account")
class Account(Node):
    """An account that can sign in."""

    id: strawberry.ID = gql.object_id("account")
    username: str = gql.column("username", "The user name for signing in.")
    name: str = gql.column("name", "Name.")
    role = gql.word("role", Role, "The role.")
    permissions: list[Permission] = gql.value(
        _permissions, "What the role may do, where the posts and the state of things allow it; empty when disabled."
    )
    phone: str | None = gql.column("phone", "Work telephone.")
    is_active: bool = gql.value(lambda row: row.c.disabled_at.is_(None), "False if the account is disabled.")
    invitation_ends_at: datetime | None = gql.column(
        "invitation_expires_at", "Until when the code of an invitation works; null if no invitation is open."
    )
    assignments: list[Assignment] = gql.to_many("account_id", lambda t: [t.starts_on, t.id], "Posts of the account.")


@gql.roots
class AccountRoots:
    accounts: Connection[Account] = gql.paged(
        "Colleagues: accounts with a post, past or present, in a community of the viewer, by name.",
        BY_NAME,
        where=AccountFilter,
    )
    me: Account | None = gql.by_link(lambda row, t: t.id == row.scope.account_id, "The viewer's account, or null.")


gql.extend(
    Grid,
    workers=(
        list[Account],
        gql.to_many(
            lambda row, t: _in_office(t, Role.GRID_WORKER, "grid_id", row.c.id),
            lambda t: [t.name, t.id],
            "The workers with a post for the grid today, stand-ins too.",
        ),
    ),
)
gql.extend(
    Building,
    head=(
        Account | None,
        gql.by_link(first_in_office(Role.BUILDING_HEAD, "building_id"), "The building head (联户长), if there is one."),
    ),
)
gql.extend(
    Estate,
    leader=(
        Account | None,
        gql.by_link(first_in_office(Role.GRID_LEADER, "estate_id"), "The grid leader (网格长), if there is one."),
    ),
)
