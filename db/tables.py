"""All tables, imported in one place, so that the metadata is whole."""

from sqlmodel import SQLModel

from db import (
    accounts,
    agreements,
    alerts,
    appeals,
    calls,
    centre,
    disputes,
    duty,
    findings,
    journal,
    looks,
    people,
    photos,
    places,
    referrals,
    roster,
    scheduler,
    sites,
    visits,
    wishes,
)

__all__ = [
    "METADATA",
    "accounts",
    "agreements",
    "alerts",
    "appeals",
    "calls",
    "centre",
    "disputes",
    "duty",
    "findings",
    "journal",
    "looks",
    "people",
    "photos",
    "places",
    "referrals",
    "roster",
    "scheduler",
    "sites",
    "visits",
    "wishes",
]

METADATA = SQLModel.metadata
