"""Mutations of construction sites."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry

from db.acts import sites
from db.acts.sites import Arrears, NewPatrol, NewSitePost
from schema.compiler.declare import mutations
from schema.mutations.parts import may, move, mutation, needs, own_id, payload, shows, takes
from schema.sites import SitePatrol, SitePost


@takes(NewSitePost)
class GiveSitePostInput:
    """A site post for a grid worker. A community has two at a time."""

    id: strawberry.ID = own_id("sitepost")
    account: strawberry.ID = needs("The worker.", "account")
    community: strawberry.ID = needs("The community.", "community")
    starts_on: date | None = may("The first day; today by default.")


@takes(Arrears)
class ArrearsInput:
    """Wages that are owed."""

    name: str = needs("To whom: a person, or a gang such as 钢筋班组.")
    amount: Decimal = needs("How much, in yuan.")
    period: str = needs("For which time, such as 十月、十一月.")
    people: int | None = may("How many people; one by default.")
    phone: str | None = may("Telephone.")


@takes(NewPatrol)
class RecordPatrolInput:
    """A patrol's visit to a site. Arrears open a dispute with the firm at the mediation studio, in the same act."""

    id: strawberry.ID = own_id("patrol")
    premises: strawberry.ID = needs("The site.", "premises")
    led_by: strawberry.ID = needs("The deputy director.", "account")
    workers: list[strawberry.ID] = needs("The two workers who hold the site posts.", "account")
    headcount: int = needs("People at work.")
    has_ledger: bool = needs("Whether a wage ledger is kept.")
    has_account: bool = needs("Whether wages are paid from a special account.")
    has_notice: bool = needs("Whether the rights notice hangs there.")
    note: str | None = may("Other observations, up to 2,000 characters.")
    patrolled_at: datetime | None = may("When; now by default.")
    arrears: list[ArrearsInput] | None = may("Wages found to be owed.")
    called_for: datetime | None = may("With arrears: when the parties are called to the mediation studio.")
    dispute: strawberry.ID | None = may(
        "With arrears: `dispute_<uuid>`, made by the client, of the dispute they open.", "dispute"
    )


@payload
class SitePostPayload:
    """A site post after an act."""

    post: SitePost | None = shows("The post; null when refused.")


@payload
class PatrolPayload:
    """A patrol after an act."""

    patrol: SitePatrol | None = shows("The patrol; null when refused.")


@mutations
class SiteMutations:
    """Construction sites."""

    give_site_post: SitePostPayload = mutation(
        GiveSitePostInput, sites.give_site_post, SitePostPayload, "Gives a grid worker a site post."
    )
    end_site_post: SitePostPayload = move(
        sites.end_site_post,
        SitePostPayload,
        "Ends a site post.",
        post=needs("The post.", "sitepost"),
        last_day=may("The last day; today by default."),
    )
    record_patrol: PatrolPayload = mutation(
        RecordPatrolInput,
        sites.record_patrol,
        PatrolPayload,
        "Records a patrol's visit to a site; arrears open a dispute with the firm.",
    )
