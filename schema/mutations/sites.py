"""What can be done about construction sites."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry

from db.acts import sites
from db.acts.sites import Arrears, NewPatrol, NewSitePost
from schema.ids import parse_id
from schema.mutations.parts import (
    ERRORS,
    act_id,
    few,
    given,
    item_of,
    may,
    mutation,
    needs,
    optional_id,
    own_id,
    takes,
    touched,
)
from schema.problems import Problem
from schema.sites import SitePatrol, SitePost


@takes
class GiveSitePostInput:
    """A grid worker gets a site post; a community has two at a time."""

    id: strawberry.ID = own_id("sitepost")
    account: strawberry.ID = needs("Who.")
    community: strawberry.ID = needs("For whose sites.")
    starts_on: date | None = may("From which day on; today by default.")

    def read(self) -> NewSitePost:
        """As the act takes it."""
        return NewSitePost(
            parse_id("sitepost", self.id, "id"),
            parse_id("account", self.account, "account"),
            parse_id("community", self.community, "community"),
            given(self.starts_on),
        )


@takes
class EndSitePostInput:
    """A site post ends."""

    post: strawberry.ID = needs("The post.")
    last_day: date | None = may("The last day; today by default.")
    act: strawberry.ID | None = act_id()


@takes
class ArrearsInput:
    """Wages that are owed."""

    name: str = needs("To whom: a person, or a gang such as 钢筋班组.")
    amount: Decimal = needs("How much, in yuan.")
    period: str = needs("For which time, such as 十月、十一月.")
    people: int | None = may("How many people; one by default.")
    phone: str | None = may("Telephone.")

    def read(self) -> Arrears:
        """As the act takes it."""
        people = given(self.people)
        return Arrears(self.name, self.amount, self.period, 1 if people is None else people, given(self.phone))


@takes
class RecordPatrolInput:
    """A patrol's visit to a site. Arrears open a dispute with the firm at the mediation studio, in the same act."""

    id: strawberry.ID = own_id("patrol")
    premises: strawberry.ID = needs("The site.")
    led_by: strawberry.ID = needs("The deputy director.")
    workers: list[strawberry.ID] = needs("The two workers who hold the site posts.")
    headcount: int = needs("People at work.")
    has_ledger: bool = needs("Whether a wage ledger is kept.")
    has_account: bool = needs("Whether wages are paid from a special account.")
    has_notice: bool = needs("Whether the rights notice hangs there.")
    note: str | None = may("What else was seen, up to 2,000 characters.")
    patrolled_at: datetime | None = may("When; now by default.")
    arrears: list[ArrearsInput] | None = may("Wages found to be owed.")
    called_for: datetime | None = may("With arrears: when the parties are called to the mediation studio.")
    dispute: strawberry.ID | None = may("With arrears: `dispute_<uuid>`, made by the client, of the dispute they open.")

    def read(self) -> NewPatrol:
        """As the act takes it."""
        return NewPatrol(
            id=parse_id("patrol", self.id, "id"),
            premises=parse_id("premises", self.premises, "premises"),
            led_by=parse_id("account", self.led_by, "ledBy"),
            workers=tuple(
                parse_id("account", each, "workers", index) for index, each in enumerate(few(self.workers, "workers"))
            ),
            headcount=self.headcount,
            has_ledger=self.has_ledger,
            has_account=self.has_account,
            has_notice=self.has_notice,
            note=given(self.note),
            patrolled_at=given(self.patrolled_at),
            arrears=tuple(item_of("arrears", at, each) for at, each in enumerate(few(self.arrears, "arrears"))),
            called_for=given(self.called_for),
            dispute=optional_id("dispute", self.dispute, "dispute"),
        )


@strawberry.type(description="A site post after an act.")
class SitePostPayload:
    """See the description."""

    post: SitePost | None = strawberry.field(default=None, description="The post; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A patrol after an act.")
class PatrolPayload:
    """See the description."""

    patrol: SitePatrol | None = strawberry.field(default=None, description="The patrol; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type
class SiteMutations:
    """Construction sites."""

    give_site_post: SitePostPayload = mutation(
        GiveSitePostInput,
        lambda acting, new: sites.give_site_post(acting, new.read()),
        SitePostPayload,
        lambda uuid: SitePostPayload(post=touched(uuid)),
        "Gives a grid worker a site post.",
    )
    end_site_post: SitePostPayload = mutation(
        EndSitePostInput,
        lambda acting, said: sites.end_site_post(
            acting,
            parse_id("sitepost", said.post, "post"),
            given(said.last_day),
            optional_id("act", said.act, "act"),
        ),
        SitePostPayload,
        lambda uuid: SitePostPayload(post=touched(uuid)),
        "Ends a site post.",
    )
    record_patrol: PatrolPayload = mutation(
        RecordPatrolInput,
        lambda acting, new: sites.record_patrol(acting, new.read()),
        PatrolPayload,
        lambda uuid: PatrolPayload(patrol=touched(uuid)),
        "Writes down a patrol's visit to a site; arrears open a dispute with the firm.",
    )
