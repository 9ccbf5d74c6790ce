"""Mutations of construction sites."""

from __future__ import annotations

from decimal import Decimal

from db.acts import sites
from db.acts.sites import Arrears
from schema.compiler.declare import mutations
from schema.mutations.parts import move, mutation, optional, own_id, payload_of, required, takes
from schema.sites import SitePatrol, SitePost


@takes(Arrears)
class ArrearsInput:
    """Unpaid wages."""

    name: str = required("The person, or a work gang such as 钢筋班组.")
    amount: Decimal = required("The amount in yuan.")
    period: str = required("The time for which they are unpaid, such as 十月、十一月.")
    people: int | None = optional("The number of people; 1 by default.")
    phone: str | None = optional("Telephone.")


SitePostPayload = payload_of("SitePostPayload", post=SitePost)
SitePatrolPayload = payload_of("SitePatrolPayload", patrol=SitePatrol)


@mutations
class SiteMutations:
    give_site_post = mutation(
        sites.give_site_post,
        SitePostPayload,
        "Gives a grid worker a site post. A community has two at a time.",
        id=own_id("sitepost"),
        account=required("The worker.", "account"),
        community=required("The community.", "community"),
        starts_on=optional("The first day; today by default."),
    )
    end_site_post = move(
        sites.end_site_post,
        SitePostPayload,
        "Ends a site post.",
        post=required("The post.", "sitepost"),
        ends_on=optional("The last day; by default the post ends at once."),
    )
    record_patrol = mutation(
        sites.record_patrol,
        SitePatrolPayload,
        "Records a patrol of a site. Unpaid wages open a dispute with the firm in the same act.",
        id=own_id("patrol"),
        premises=required("The site.", "premises"),
        led_by=required("The deputy director who led it.", "account"),
        workers=required("The two workers who hold the site posts.", "account"),
        headcount=required("The number of people at work."),
        has_ledger=required("Whether a wage ledger is kept."),
        has_account=required("Whether wages are paid from a special account."),
        has_notice=required("Whether the notice of rights is put up."),
        note=optional("Other observations, up to 2,000 characters."),
        patrolled_at=optional("The time of the patrol; now by default."),
        arrears=optional("The unpaid wages."),
        meeting_at=optional("With unpaid wages: when the parties are called to the mediation studio."),
        dispute=optional(
            "With arrears: `dispute_<uuid>`, made by the client, of the dispute they open.", "dispute", new=True
        ),
    )
