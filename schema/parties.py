"""Parties of disputes in GraphQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import strawberry

from db import disputes as tables
from db import people as people_tables
from db import places as place_tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.disputes import (
    Consent,
    PartyRole,
)
from schema.compiler.declare import (
    column,
    either,
    entity,
    object_id,
    part,
    value,
)
from schema.compiler.sources import Alternative, Expression, Row
from schema.money import Yuan, yuan
from schema.people import Resident
from schema.places import Household, Premises, household_address
from schema.relay import Node


@part
class Outsider:
    """A party from outside the community's register."""

    name: str = column("outsider_name", "Name.")
    phone: str | None = column("outsider_phone", "Telephone.")


PartySubject: TypeAlias = Annotated[
    Resident | Household | Premises | Outsider,
    strawberry.union("PartySubject", description="Who a party is."),
]


def _registered(type_name: str, column_name: str) -> Alternative:
    return Alternative(
        type_name,
        lambda row: row.c[column_name].is_not(None),
        lambda row, t: t.id == row.c[column_name],
    )


def _party_of(model: Any, foreign_key: str, expression: Callable[[Any], Any]) -> Expression:
    """Something about the resident, home or firm that a party is: known to whoever sees the case."""

    def found(row: Row) -> Column:
        subject = alias(model)
        own = subject.c.id == row.c[foreign_key]
        return sql.select(expression(subject.c)).from_(subject).where(own).scalar()

    return found


def _home_address(row: Row, household_id: Column) -> Column:
    home = alias(place_tables.Household)
    inner = Row(home.c, row.scope, row.bind, row.arguments)
    return sql.select(household_address(inner)).from_(home).where(home.c.id == household_id).scalar()


_RESIDENT_NAME = _party_of(people_tables.Resident, "resident_id", lambda c: c.name)
_RESIDENT_PHONE = _party_of(people_tables.Resident, "resident_id", lambda c: c.phone)
_RESIDENT_HOME = _party_of(people_tables.Resident, "resident_id", lambda c: c.household_id)
_FIRM = _party_of(place_tables.Premises, "premises_id", lambda c: c.name)
_FIRM_ADDRESS = _party_of(place_tables.Premises, "premises_id", lambda c: c.address)


def _party_name(row: Row) -> Column:
    home = _home_address(row, row.c.household_id)
    return sql.func.coalesce(_RESIDENT_NAME(row), home, _FIRM(row), row.c.outsider_name)


def _party_phone(row: Row) -> Column:
    return sql.func.coalesce(_RESIDENT_PHONE(row), row.c.outsider_phone)


def _party_address(row: Row) -> Column:
    home = sql.func.coalesce(row.c.household_id, _RESIDENT_HOME(row))
    return sql.func.coalesce(_home_address(row, home), _FIRM_ADDRESS(row))


@entity(tables.DisputeParty, "party")
class DisputeParty(Node):
    """A party (当事人) of a dispute."""

    id: strawberry.ID = object_id("party")
    role: PartyRole = column("role", "On which side.")
    consent: Consent = column("consent", "Whether they agree to be mediated.")
    name: str = value(_party_name, "What they are called: a person's name, a home's address, a firm's name.")
    phone: str | None = value(_party_phone, "Their number.")
    address: str | None = value(_party_address, "Where they live or are.")
    consented_at: datetime | None = column("consented_at", "When they agreed or refused.")
    consented_to_referral_at: datetime | None = column(
        "referral_consent_at", "When they agreed to the case being referred."
    )
    claim: str | None = column("claim", "What they want.")
    claim_amount: Yuan | None = yuan("claim_amount", "How much they claim.")
    subject: PartySubject | None = either(
        [
            _registered("Resident", "resident_id"),
            _registered("Household", "household_id"),
            _registered("Premises", "premises_id"),
            Alternative("Outsider", lambda row: row.c.outsider_name.is_not(None), None),
        ],
        "Who it is; null when the viewer does not work with them.",
    )
