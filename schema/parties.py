"""Parties of disputes in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from db import disputes as tables
from db import people as people_tables
from db import places as place_tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.disputes import Consent, PartyRole
from schema.compiler import declare as gql
from schema.compiler.expressions import column_of
from schema.compiler.sources import Alternative, Row
from schema.money import Yuan, yuan
from schema.people import Resident
from schema.places import Household, Premises, household_address
from schema.relay import Node


@gql.part
class Outsider:
    """A party who is not on the community's register."""

    name: str = gql.column("outsider_name", "Name.")
    phone: str | None = gql.column("outsider_phone", "Telephone.")


PartySubject: TypeAlias = Annotated[
    Resident | Household | Premises | Outsider, strawberry.union("PartySubject", description="Who a party is.")
]


def _registered(type_name: str, column_name: str) -> Alternative:
    return Alternative(
        type_name, lambda row: row.c[column_name].is_not(None), lambda row, t: t.id == row.c[column_name]
    )


def _home_address(row: Row, household_id: Column) -> Column:
    home = alias(place_tables.Household)
    inner = Row(home.c, row.scope, row.bind, row.arguments)
    return sql.select(household_address(inner)).from_(home).where(home.c.id == household_id).scalar()


_RESIDENT_NAME, _RESIDENT_PHONE, _RESIDENT_HOME = (
    column_of(people_tables.Resident, "resident_id", name) for name in ("name", "phone", "household_id")
)
_FIRM, _FIRM_ADDRESS = (column_of(place_tables.Premises, "premises_id", name) for name in ("name", "address"))


def _party_name(row: Row) -> Column:
    home = _home_address(row, row.c.household_id)
    return sql.func.coalesce(_RESIDENT_NAME(row), home, _FIRM(row), row.c.outsider_name)


def _party_phone(row: Row) -> Column:
    return sql.func.coalesce(_RESIDENT_PHONE(row), row.c.outsider_phone)


def _party_address(row: Row) -> Column:
    home = sql.func.coalesce(row.c.household_id, _RESIDENT_HOME(row))
    return sql.func.coalesce(_home_address(row, home), _FIRM_ADDRESS(row))


@gql.entity(tables.DisputeParty, "party")
class DisputeParty(Node):
    """A party (当事人) of a dispute."""

    id: strawberry.ID = gql.object_id("party")
    role: PartyRole = gql.column("role", "The side.")
    consent: Consent = gql.column("consent", "The consent to mediation.")
    name: str = gql.value(_party_name, "The name of the person or firm, or the address of the home.")
    phone: str | None = gql.value(_party_phone, "Telephone.")
    address: str | None = gql.value(_party_address, "The address.")
    consented_at: datetime | None = gql.column("consented_at", "When the party consented or refused.")
    consented_to_referral_at: datetime | None = gql.column("referral_consent_at", "When they consented to a referral.")
    claim: str | None = gql.column("claim", "The claim.")
    claim_amount: Yuan | None = yuan("claim_amount", "The amount claimed.")
    subject: PartySubject | None = gql.either(
        [
            _registered("Resident", "resident_id"),
            _registered("Household", "household_id"),
            _registered("Premises", "premises_id"),
            Alternative("Outsider", lambda row: row.c.outsider_name.is_not(None), None),
        ],
        "The registered party; null if it is not visible to the viewer.",
    )
