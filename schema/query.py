"""The roots of reading: what clients think in."""

from __future__ import annotations

import strawberry

from db import sql
from rules.text import receipt_code
from schema.accounts import Account
from schema.alerts import RAISED, Alert, AlertFilter, HelpCall
from schema.appeals import BY_COUNT, Appeal, AppealFilter, Incident, IncidentCandidate, Receipt, candidates
from schema.clocks import ClockPolicy
from schema.codes import ISSUED, PlaceSuggestion, QrCode, QrCodeFilter
from schema.compiler.declare import (
    argument,
    by_id,
    by_link,
    few_rows,
    namespace,
    node,
    nodes,
    one_row,
    paged,
    to_many,
    value,
)
from schema.disputes import Dispute, DisputeFilter
from schema.duty import (
    BETWEEN as DUTY_DAYS,
)
from schema.duty import (
    BY_DAY,
    GRID,
    MY_DAY,
    Compliance,
    Doorstep,
    Duty,
    DutyFilter,
    VisitPolicy,
    between_days,
    compliance,
    my_day,
)
from schema.filters import DayRange
from schema.ids import parse_id
from schema.journal import feed_head
from schema.mediation import MediationPolicy
from schema.merges import BY_LIKENESS, DuplicateSuggestion, duplicate_pairs
from schema.orders import (
    BY_ID,
    BY_MAKING,
    BY_MONDAY,
    BY_NAME,
    BY_NUMBER,
    CASE_ORDERS,
    LATEST,
    WALK,
    CaseOrder,
)
from schema.people import Resident, ResidentFilter
from schema.places import (
    Building,
    BuildingFilter,
    Community,
    Estate,
    Grid,
    Household,
    HouseholdFilter,
    Organisation,
    Premises,
    PremisesFilter,
    on_register,
)
from schema.premises import is_site
from schema.referrals import SENT, Referral, ReferralFilter
from schema.relay import Connection, Node
from schema.roster import DATE, DutyRoster, RosterFilter, RosterWeek, of_day
from schema.scalars import Cursor
from schema.sites import SiteFilter, SitePost
from schema.statistics import Statistics
from schema.suggestions import CODE as SCANNED
from schema.suggestions import TEXT, suggested
from schema.visits import Visit, VisitFilter
from schema.week import IN_COMMUNITY, WEEK, WeeklyAnalysis
from schema.week_rows import week_asked_for
from schema.wishes import ON_THE_WALL, PROPOSED, WallFilter, Wish, WishFilter, WishOnWall, WishReceipt

BETWEEN = argument("between", DayRange, "The days that count.")
COMMUNITY = argument("community", strawberry.ID | None, "Only this community; all of the viewer's by default.")
HOUSEHOLD = argument("household", strawberry.ID, "The household.")
CODE = argument("code", str, "The receipt code.")


@strawberry.type(description="What can be read. Everything is limited to what the viewer works with.")
class Query:
    """See the description."""

    me: Account | None = by_link(
        lambda row, t: t.id == row.scope.account_id, "Who is signed in; null without an account."
    )
    live_cursor: Cursor = value(
        feed_head,
        "The live feed's position now. Read with the data in one query and subscribed after, nothing is missed.",
    )
    node: Node | None = node("Any object by its id; null when it does not exist or is not the viewer's to see.")
    nodes: list[Node | None] = nodes("Objects by their ids, in that order, null where there is none to see.")
    communities: Connection[Community] = paged("Communities, by name.", BY_NAME)
    estates: Connection[Estate] = paged("Estates, by name.", BY_NAME)
    grids: Connection[Grid] = paged("Grids, by name.", BY_NAME)
    buildings: Connection[Building] = paged("Buildings, by number.", BY_NUMBER, where=BuildingFilter)
    households: Connection[Household] = paged("Households in walking order.", WALK, where=HouseholdFilter)
    residents: Connection[Resident] = paged(
        "Who lives here now.", BY_ID, link=lambda _, t: on_register(t), where=ResidentFilter
    )
    former_residents: Connection[Resident] = paged(
        "Who has moved away; their last home is where they are found.",
        BY_ID,
        link=lambda _, t: sql.and_(t.left_on.is_not(None), t.merged_into.is_(None)),
        where=ResidentFilter,
    )
    duplicate_suggestions: Connection[DuplicateSuggestion] = paged(
        "Pairs of records that look like one person; `mergeResidents` makes them one.",
        BY_LIKENESS,
        rows=duplicate_pairs,
    )
    premises: Connection[Premises] = paged("Premises, by name.", BY_NAME, where=PremisesFilter)
    organisations: Connection[Organisation] = paged("Organisations, by name.", BY_NAME)
    visits: Connection[Visit] = paged("Visits, latest first.", LATEST, where=VisitFilter)
    appeals: Connection[Appeal] = paged("Appeals.", CASE_ORDERS, where=AppealFilter, order_by=CaseOrder)
    incidents: Connection[Incident] = paged("Incidents, latest first.", BY_MAKING)
    incident_candidates: Connection[IncidentCandidate] = paged(
        "Open appeals that may be one thing, largest group first; `mergeIntoIncident` makes them one.",
        BY_COUNT,
        rows=candidates,
    )
    disputes: Connection[Dispute] = paged("Disputes.", CASE_ORDERS, where=DisputeFilter, order_by=CaseOrder)
    community: Community | None = by_id("community", "A community.")
    building: Building | None = by_id("building", "A building.")
    household: Household | None = by_id("household", "A household.")
    resident: Resident | None = by_id("resident", "A resident.")
    visit: Visit | None = by_id("visit", "A visit.")
    appeal: Appeal | None = by_id("appeal", "An appeal.")
    dispute: Dispute | None = by_id("dispute", "A dispute.")
    referrals: Connection[Referral] = paged("Disputes sent to other bodies, latest first.", SENT, where=ReferralFilter)
    mediation_policies: list[MediationPolicy] = to_many(
        lambda *_: sql.TRUE,
        lambda t: [t.set_at.desc(), t.id],
        "How long mediating may take, the newest first; before the first it is 30 days.",
    )
    qr_code: QrCode | None = by_id("qrcode", "A printed QR code.")
    qr_codes: Connection[QrCode] = paged(
        "Printed QR codes, those issued last first; with those that work no more.", ISSUED, where=QrCodeFilter
    )
    place_suggestions: list[PlaceSuggestion] = few_rows(
        suggested,
        lambda t: [t.rank],
        "The places that a text may mean, in the order in which it names them; without an account, by a scanned code.",
        [TEXT, SCANNED],
    )
    receipt: Receipt | None = by_link(
        lambda row, t: t.receipt_code == row.given("code", sql.TEXT, receipt_code),
        "An appeal by its receipt code; needs no account.",
        [CODE],
    )
    wishes: Connection[Wish] = paged("Small wishes, those proposed last first.", PROPOSED, where=WishFilter)
    wish: Wish | None = by_id("wish", "A small wish.")
    wish_wall: Connection[WishOnWall] = paged(
        "The wish wall (心愿墙), those published last first; needs no account.", ON_THE_WALL, where=WallFilter
    )
    wish_receipt: WishReceipt | None = by_link(
        lambda row, t: t.receipt_code == row.given("code", sql.TEXT, receipt_code),
        "A wish by its receipt code; needs no account.",
        [CODE],
    )
    my_day: Connection[Duty] = paged(
        "What the viewer still owes today on their own round, and where they stand in: who lives alone first, then"
        " whoever was missed longest, then in walking order.",
        MY_DAY,
        rows=my_day,
    )
    doorstep: Doorstep | None = by_link(
        lambda row, t: t.id == row.given("household", sql.UUID, lambda text: parse_id("household", text)),
        "Everything about one door at once.",
        [HOUSEHOLD],
    )
    duties: Connection[Duty] = paged(
        "The duties whose period's last day lies within the days, and those that run today if today does.",
        BY_DAY,
        rows=between_days,
        where=DutyFilter,
        also=[DUTY_DAYS],
    )
    compliance: list[Compliance] = few_rows(
        compliance, lambda t: [t.colour], "The same duties counted by colour.", [DUTY_DAYS, GRID]
    )
    visit_policies: list[VisitPolicy] = to_many(
        lambda _, __: sql.TRUE,
        lambda t: [t.community_id, t.colour, t.starts_on],
        "How often people of each colour are to be reached, with what held before and what will hold.",
    )
    clock_policies: list[ClockPolicy] = to_many(
        lambda _, t: t.replaced_at.is_(None),
        lambda t: [t.community_id, t.kind, t.category, t.urgency, t.id],
        "How long appeals may take, as it holds for those that come now.",
    )
    alerts: Connection[Alert] = paged("Alerts of the safety ladder, latest first.", RAISED, where=AlertFilter)
    help_calls: Connection[HelpCall] = paged("Calls for help, latest first.", RAISED)
    alert: Alert | None = by_id("alert", "An alert.")
    duty_roster: list[DutyRoster] = few_rows(
        of_day,
        lambda t: [t.community_id],
        "Who is in the hall, at the branch and outside on a day, for each community with a roster for it.",
        [DATE, COMMUNITY],
    )
    roster_weeks: Connection[RosterWeek] = paged("Weeks of the roster, latest first.", BY_MONDAY, where=RosterFilter)
    sites: Connection[Premises] = paged(
        "Construction sites, by name, with their patrols and what is open on each.",
        BY_NAME,
        link=is_site,
        where=SiteFilter,
    )
    site_posts: list[SitePost] = to_many(
        lambda *_: sql.TRUE,
        lambda t: [t.community_id, t.starts_on, t.id],
        "Who looks after the construction sites, who did, and who will.",
    )
    statistics: Statistics = namespace("Figures of a period.", [BETWEEN, COMMUNITY])
    weekly_analysis: WeeklyAnalysis | None = one_row(
        week_asked_for,
        "The weekly analysis (每周汇总分析); null when the community does not exist or is not the viewer's to see.",
        [WEEK, IN_COMMUNITY],
    )
