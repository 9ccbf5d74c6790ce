"""Parties of disputes in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from db import disputes as tables
from db import sql
from db.sql import Column
from rules.disputes import Consent, PartyKind, PartyRole
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Alternative, Expression, Row
from schema.money import Yuan, yuan
from schema.people import Resident
from schema.places import Household, Organisation, Premises
from schema.relay import Node


@gql.part
class UnregisteredParty:
    """A party who is not on the community's register."""

    name: str = gql.column("outsider_name", "Name.")
    phone: str | None = gql.column("outsider_phone", "Telephone.")


PartySubject: TypeAlias = Annotated[
    Resident | Household | Premises | Organisation | UnregisteredParty,
    strawberry.union("PartySubject", description="Who a party is."),
]


def _registered(type_name: str, column_name: str) -> Alternative:
    return Alternative(
        type_name, lambda row: row.c[column_name].is_not(None), lambda row, t: t.id == row.c[column_name]
    )


def _kind(row: Row) -> Column:
    given = {kind: kind.lower() + ("_name" if kind is PartyKind.OUTSIDER else "_id") for kind in PartyKind}
    return sql.case(*((row.c[column].is_not(None), constant(kind)) for kind, column in given.items()))


def _subject(name: str) -> Expression:
    """A fact about a party, who may live where the viewer sees nobody else."""

    def expression(row: Row) -> Column:
        subject = tables.subjects()
        return sql.select(subject.c[name]).from_(subject).where(subject.c.id == row.c.id).scalar()

    return expression


@gql.entity(tables.DisputeParty, "party")
class DisputeParty(Node):
    """A party (当事人) of a dispute."""

    id: strawberry.ID = gql.object_id("party")
    role: PartyRole = gql.column("role", "The side.")
    consent: Consent = gql.column("consent", "The consent to mediation.")
    kind: PartyKind = gql.value(_kind, "What it is.")
    name: str = gql.value(_subject("name"), "The name of the person, firm or body, or the address of the home.")
    speaker_name: str | None = gql.value(
        _subject("speaker_name"), "The name of the person who speaks for a household, premises or an organisation."
    )
    speaker = gql.to_one("speaker_id", "The resident who speaks for a household, if visible to the viewer.")
    phone: str | None = gql.value(_subject("phone"), "Telephone of the person, of the speaker, or of the organisation.")
    address: str | None = gql.value(_subject("address"), "The address.")
    consented_at: datetime | None = gql.column("consented_at", "When the party consented or refused.")
    consented_to_referral_at: datetime | None = gql.column("referral_consent_at", "When they consented to a referral.")
    claim: str | None = gql.column("claim", "The claim.")
    claim_amount: Yuan | None = yuan("claim_amount", "The amount claimed.")
    subject: PartySubject | None = gql.either(
        [
            _registered("Resident", "resident_id"),
            _registered("Household", "household_id"),
            _registered("Premises", "premises_id"),
            _registered("Organisation", "organisation_id"),
            Alternative("UnregisteredParty", lambda row: row.c.outsider_name.is_not(None), None),
        ],
        "The registered party; null if it is not visible to the viewer.",
    )
