"""All tables, imported in one place, so that the metadata is whole."""

from sqlmodel import SQLModel

from db import (
    accounts,
    agreements,
    alerts,
    appeals,
    calls,
    disputes,
    duty,
    journal,
    people,
    photos,
    places,
    referrals,
    roster,
    scheduler,
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
    "disputes",
    "duty",
    "journal",
    "people",
    "photos",
    "places",
    "referrals",
    "roster",
    "scheduler",
    "visits",
    "wishes",
]

METADATA = SQLModel.metadata
