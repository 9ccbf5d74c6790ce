"""Who sees which rows, in plain words."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rules.access import COMMUNITY_ROLES, WORKERS, Act, Role, Viewer
from rules.branches import MEMBER_ROLES
from rules.roster import DESKS
from tests.oracle.rows import Row, World


class Sight:
    """What one viewer sees of the world today."""

    def __init__(self, world: World, viewer: Viewer) -> None:
        self.world = world
        self.viewer = viewer
        self._seen: dict[str, list[Row]] = {}

    def rows(self, table: str) -> list[Row]:
        """The rows of a table that the viewer sees."""
        if table not in self._seen:
            rule = _RULES[table]
            everything = self.world[table] if self.viewer.role else []
            self._seen[table] = [row for row in everything if rule(self, row)]
        return self._seen[table]

    def find(self, table: str, key: UUID | None) -> Row | None:
        """The row with this key, if the viewer sees it."""
        return next((row for row in self.rows(table) if row["id"] == key), None)

    def answer(self, appeal: Row) -> Any:
        """The answer to an appeal. An organisation reads what was answered since the matter came to it."""
        told = ((each["appeal_id"], each["kind"]) for each in self.rows("journal"))
        known = self.viewer.role is not Role.PARTNER or (appeal["id"], "APPEAL_ANSWERED") in told
        return appeal["answer"] if known else None

    def meant(self, table: str, key: UUID) -> UUID:
        """The key that a key means: of a resident's record that was merged into another, that of the one kept."""
        while table == "resident" and (record := self.anyhow(table, key)) and record["merged_into"]:
            key = record["merged_into"]
        return key

    def anyhow(self, table: str, key: UUID | None) -> Row | None:
        """The row with this key, whoever asks."""
        return next((row for row in self.world[table] if row["id"] == key), None)

    @cached_property
    def account(self) -> Row | None:
        """The viewer's account, while it is in the office that the viewer claims."""
        found = self.anyhow("account", self.viewer.account_id)
        in_office = found and found["role"] == self.viewer.role and found["disabled_at"] is None
        return found if in_office else None

    @cached_property
    def posts(self) -> list[Row]:
        """The assignments that are in force today, by the calendar of their community."""
        return [row for row in self.world["assignment"] if self._holds(row)]

    def _holds(self, post: Row) -> bool:
        return self.account is not None and post["account_id"] == self.account["id"] and self.is_current(post)

    def is_current(self, post: Row) -> bool:
        """True if an assignment, whoever's it is, is in force today."""
        today = self.today(post["community_id"])
        return bool(post["starts_on"] <= today and (post["ends_on"] is None or post["ends_on"] >= today))

    def today(self, community_id: UUID) -> date:
        """The day by the community's calendar."""
        community = self.anyhow("community", community_id)
        assert community is not None
        return datetime.now(UTC).astimezone(ZoneInfo(community["time_zone"])).date()

    @cached_property
    def desks(self) -> set[UUID]:
        """The communities at whose desk the viewer serves today, by a published roster."""
        published = {row["id"]: row["community_id"] for row in self.world["roster_week"] if row["published_at"]}
        found = {
            published[shift["week_id"]]
            for shift in self.world["roster_shift"]
            if shift["week_id"] in published
            and shift["account_id"] == self.viewer.account_id
            and shift["post"] in DESKS
            and shift["day"] == self.today(published[shift["week_id"]])
        }
        return found & self.communities

    @cached_property
    def communities(self) -> set[UUID]:
        """An administrator knows all communities, everybody else those of their posts."""
        if self.viewer.role is Role.ADMIN:
            return {row["id"] for row in self.world["community"] if self.account}
        return {post["community_id"] for post in self.posts}

    @cached_property
    def grids(self) -> set[UUID]:
        """The grids whose people and cases the viewer works with. An administrator works with none.

        And the estates and the communities that these grids are in, for what concerns these as a whole.
        """
        own = {grid["id"]: grid for grid in self.world["grid"] if self._works_in(grid)}
        estates = {row["id"] for row in self.world["estate"] if self._works_in_all(row)}
        communities = self.communities if self.viewer.role in WORKERS else set()
        return {*own, *(grid["estate_id"] for grid in own.values()), *estates, *communities}

    def _works_in(self, grid: Row) -> bool:
        role = self.viewer.role
        if role is Role.GRID_WORKER:
            return grid["community_id"] in self.desks or any(post["grid_id"] == grid["id"] for post in self.posts)
        if role is Role.GRID_LEADER:
            return any(post["estate_id"] == grid["estate_id"] for post in self.posts)
        return role in COMMUNITY_ROLES and grid["community_id"] in self.communities

    def _works_in_all(self, estate: Row) -> bool:
        """Whether the viewer works in an estate, also in one without grids."""
        role = self.viewer.role
        if role is Role.GRID_LEADER:
            return any(post["estate_id"] == estate["id"] for post in self.posts)
        everywhere = self.desks if role is Role.GRID_WORKER else self.communities if role in COMMUNITY_ROLES else set()
        return estate["community_id"] in everywhere

    def leads(self, community_id: UUID, estate_id: UUID | None) -> bool:
        """True if the viewer speaks for a community, or leads an estate."""
        if self.viewer.role in COMMUNITY_ROLES:
            return community_id in self.communities
        led = {grid["estate_id"] for grid in self.world["grid"] if grid["id"] in self.grids}
        return self.viewer.role is Role.GRID_LEADER and estate_id in led

    def organises(self, community_id: UUID, estate_id: UUID | None) -> bool:
        """The same, and members of the estate's Party branch."""
        if self.leads(community_id, estate_id):
            return True
        if self.viewer.role not in MEMBER_ROLES or community_id not in self.communities or estate_id is None:
            return False
        branches = {each["id"] for each in self.world["party_branch"] if each["estate_id"] == estate_id}
        own = [each for each in self.world["branch_member"] if each["account_id"] == self.viewer.account_id]
        return any(each["party_branch_id"] in branches and each["removed_at"] is None for each in own)

    @cached_property
    def buildings(self) -> set[UUID]:
        """The buildings that a building head looks after."""
        if self.viewer.role is not Role.BUILDING_HEAD:
            return set()
        return {post["building_id"] for post in self.posts if post["building_id"]}


def _of_organisation(sight: Sight, row: Row) -> bool:
    return any(post["organisation_id"] == row["organisation_id"] for post in sight.posts if post["organisation_id"])


def _of_community(sight: Sight, row: Row) -> bool:
    return row["community_id"] in sight.communities


def _of_grid(sight: Sight, row: Row) -> bool:
    return row["grid_id"] in sight.grids


def _home(sight: Sight, row: Row) -> bool:
    if sight.viewer.role is Role.BUILDING_HEAD:
        return row["building_id"] in sight.buildings
    return _of_grid(sight, row)


def _place(sight: Sight, row: Row) -> bool:
    """An administrator sees the places of all communities."""
    return _in_community(sight, row["grid_id"]) if sight.viewer.role is Role.ADMIN else _home(sight, row)


def _in_community(sight: Sight, grid_id: UUID) -> bool:
    grid = sight.anyhow("grid", grid_id)
    return grid is not None and grid["community_id"] in sight.communities


def _resident_of_grid(sight: Sight, key: UUID) -> bool:
    resident = sight.anyhow("resident", key)
    return resident is not None and _of_grid(sight, resident)


def _farm(sight: Sight, row: Row) -> bool:
    return any(community["farm_id"] == row["id"] for community in sight.rows("community"))


def _party_branch(sight: Sight, row: Row) -> bool:
    return sight.find("estate", row["estate_id"]) is not None


def _appeal(sight: Sight, row: Row) -> bool:
    """A building head in office follows what they reported themselves."""
    if sight.viewer.role is Role.BUILDING_HEAD:
        return sight.account is not None and row["registered_by"] == sight.account["id"]
    if sight.viewer.role is Role.PARTNER:
        return sight.find("dispatch", row["dispatch_id"]) is not None
    return _of_grid(sight, row)


def _call_back(sight: Sight, row: Row) -> bool:
    """Those who work on the appeal know who called whom."""
    appeal = sight.anyhow("appeal", row["appeal_id"])
    return appeal is not None and _of_grid(sight, appeal)


def _dispatch(sight: Sight, row: Row) -> bool:
    """An organisation sees what it was given."""
    return _of_organisation(sight, row) if sight.viewer.role is Role.PARTNER else _of_grid(sight, row)


def _incident(sight: Sight, row: Row) -> bool:
    """An organisation sees an incident while it is with them."""
    if sight.viewer.role is not Role.PARTNER:
        return _of_grid(sight, row)
    given = [each for each in sight.rows("dispatch") if each["incident_id"] == row["id"]]
    return any(each["status"] in {"PENDING", "ACCEPTED"} for each in given)


def _wish(sight: Sight, row: Row) -> bool:
    """A building head in office follows what they proposed themselves."""
    if sight.viewer.role is Role.BUILDING_HEAD:
        return bool(sight.buildings) and row["proposed_by"] == sight.viewer.account_id
    return _of_grid(sight, row)


def _photo(sight: Sight, row: Row) -> bool:
    """Seen by whoever sees the case, unless it was removed."""
    return row["removed_at"] is None and of_seen_case(sight, row)


def of_seen_case(sight: Sight, row: Row) -> bool:
    """True if the viewer sees the case of a photo."""
    return any(sight.find(case, row[f"{case}_id"]) for case in ("appeal", "visit", "dispute"))


def _premises(sight: Sight, row: Row) -> bool:
    """Of one's grids; all sites of the community for who holds a site post today."""
    if row["grid_id"] in sight.grids:
        return True
    if sight.viewer.role is Role.ADMIN:
        return _in_community(sight, row["grid_id"])
    if sight.viewer.role is not Role.GRID_WORKER or row["kind"] != "CONSTRUCTION_SITE":
        return False
    grid = sight.anyhow("grid", row["grid_id"])
    assert grid is not None
    community = sight.find("community", grid["community_id"])
    if community is None:
        return False
    today = datetime.now(UTC).astimezone(ZoneInfo(community["time_zone"])).date()
    return any(
        post["account_id"] == sight.viewer.account_id
        and post["community_id"] == community["id"]
        and post["starts_on"] <= today
        and (post["ends_on"] is None or post["ends_on"] >= today)
        for post in sight.world["site_post"]
    )


def _site_patrol(sight: Sight, row: Row) -> bool:
    """An administrator sees the site, not what was found there."""
    return sight.viewer.role is not Role.ADMIN and sight.find("premises", row["premises_id"]) is not None


def _of_patrol(sight: Sight, row: Row) -> bool:
    return sight.find("site_patrol", row["patrol_id"]) is not None


def _qr_code(sight: Sight, row: Row) -> bool:
    """Of a place in the viewer's grids; a counter's is known to those who work in the community."""
    if row["target"] == "COUNTER":
        return _of_community(sight, row) and sight.viewer.role in WORKERS
    table = next(name for name in ("household", "building", "premises") if row[f"{name}_id"])
    place = sight.anyhow(table, row[f"{table}_id"])
    return place is not None and _of_grid(sight, place)


def _dispute(sight: Sight, row: Row) -> bool:
    """The invited see the cases they are invited to, the centre what was sent to it and not sent back."""
    if sight.viewer.role in {Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE}:
        seats = [each for each in sight.world["dispute_mediator"] if each["dispute_id"] == row["id"]]
        held = [each for each in seats if each["account_id"] == sight.viewer.account_id and not each["released_at"]]
        return bool(held) and bool(sight.communities)
    if sight.viewer.role is Role.CENTRE_MEDIATOR:
        sent = [each for each in sight.world["referral"] if each["dispute_id"] == row["id"]]
        theirs = {"PENDING", "ACCEPTED", "DONE"}
        return any(each["status"] in theirs and _of_organisation(sight, each) for each in sent)
    return _of_grid(sight, row)


def _referral(sight: Sight, row: Row) -> bool:
    return _of_organisation(sight, row) if sight.viewer.role is Role.CENTRE_MEDIATOR else _of_dispute(sight, row)


def _case(sight: Sight, row: Row) -> Row:
    """The dispute, or the appeal of a look, whoever sees it."""
    key = "appeal" if row["appeal_id"] else "dispute"
    found = sight.anyhow(key, row[f"{key}_id"])
    assert found is not None
    return found


def _of_meeting(sight: Sight, row: Row) -> bool:
    return sight.find("meeting", row["meeting_id"]) is not None


def _of_agreement(sight: Sight, row: Row) -> bool:
    return sight.find("agreement", row["agreement_id"]) is not None


def _of_dispute(sight: Sight, row: Row) -> bool:
    return sight.find("dispute", row["dispute_id"]) is not None


_FOLLOWED = {
    Role.BUILDING_HEAD: ("appeal", "alert", "wish", "notice"),
    **dict.fromkeys((Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE, Role.CENTRE_MEDIATOR), ("dispute",)),
}


_CASES = (
    *("resident", "visit", "appeal", "dispute", "alert", "call", "household", "incident", "wish", "activity", "notice"),
)


def _since_dispatch(sight: Sight, row: Row) -> bool:
    """An organisation reads on from the moment at which the matter came to it."""
    if row["appeal_id"]:
        mine = [each for each in sight.world["journal"] if each["appeal_id"] == row["appeal_id"]]
        sent = [each["id"] for each in mine if each["kind"] == "APPEAL_DISPATCHED"]
        return sight.find("appeal", row["appeal_id"]) is not None and bool(sent) and row["id"] >= max(sent)
    if row["incident_id"] is None:
        return False
    given = [each for each in sight.rows("dispatch") if each["incident_id"] == row["incident_id"]]
    held = [each for each in given if each["status"] in {"PENDING", "ACCEPTED"}]
    return any(each["dispatched_at"] <= row["occurred_at"] for each in held)


def _about_nobody(sight: Sight, row: Row) -> bool:
    """What an administrator reads: posts, places and policies."""
    concerned = row["kind"] == "SITE_PATROLLED" or any(row[f"{noun}_id"] for noun in _CASES)
    return not concerned and _of_community(sight, row) and _of_known_roster(sight, row)


def _of_known_roster(sight: Sight, row: Row) -> bool:
    return row["roster_week_id"] is None or sight.find("roster_week", row["roster_week_id"]) is not None


def _journal(sight: Sight, row: Row) -> bool:
    if sight.viewer.role is Role.ADMIN:
        return _about_nobody(sight, row)
    if sight.viewer.role is Role.PARTNER:
        on_wall = row["wish_id"] is not None and row["grid_id"] is None and _of_community(sight, row)
        return on_wall or _since_dispatch(sight, row)
    followed = _FOLLOWED.get(sight.viewer.role) if sight.viewer.role else None
    if followed is not None:
        on_wall = row["wish_id"] is not None and row["grid_id"] is None and _of_community(sight, row)
        organised = sight.viewer.role is Role.BUILDING_HEAD and row["activity_id"] and _of_organised(sight, row)
        return on_wall or organised or any(sight.find(table, row[f"{table}_id"]) for table in followed)
    if not _of_known_roster(sight, row) or not _of_told(sight, row):
        return False
    if row["grid_id"] is None:
        return _of_community(sight, row)
    came_along = sight.viewer.role not in COMMUNITY_ROLES and sight.find("appeal", row["appeal_id"]) is not None
    return _of_grid(sight, row) or came_along


def _help_call(sight: Sight, row: Row) -> bool:
    if row["grid_id"] is not None:
        return _of_grid(sight, row)
    return sight.viewer.role in WORKERS and _of_community(sight, row)


def _of_told(sight: Sight, row: Row) -> bool:
    """Entries about notices to the viewer, about activities that the viewer organises, and all others."""
    if row["notice_id"]:
        return sight.find("notice", row["notice_id"]) is not None
    return not row["activity_id"] or _of_organised(sight, row)


def _of_organised(sight: Sight, row: Row) -> bool:
    activity = sight.anyhow("activity", row["activity_id"])
    assert activity is not None
    return sight.organises(activity["community_id"], activity["estate_id"])


def _sign_up(sight: Sight, row: Row) -> bool:
    """Those who come are known to the organisers, to themselves, and to whoever signed them up."""
    own = sight.viewer.account_id in {row["account_id"], row["joined_by"]}
    return _of_organised(sight, row) or (own and sight.find("activity", row["activity_id"]) is not None)


def _notice(sight: Sight, row: Row) -> bool:
    """By audience and place; those who lead there see what they could have sent."""
    if sight.leads(row["community_id"], row["estate_id"]):
        return True
    role = sight.viewer.role
    if role not in MEMBER_ROLES or not _of_community(sight, row):
        return False
    if row["audience"] == "PUBLIC":
        return True
    if row["audience"] == "HEADS":
        places, table = (sight.buildings, "building") if role is Role.BUILDING_HEAD else (None, "")
    else:
        places, table = (sight.grids, "grid") if role in WORKERS else (None, "")
    if places is None:
        return False
    here = {each["estate_id"] for each in sight.world[table] if each["id"] in places}
    return row["estate_id"] is None or row["estate_id"] in here


def _notice_reading(sight: Sight, row: Row) -> bool:
    """One's own; the senders count all of them."""
    notice = sight.find("notice", row["notice_id"])
    if notice is None:
        return False
    return row["account_id"] == sight.viewer.account_id or sight.leads(notice["community_id"], notice["estate_id"])


def _of_branch(sight: Sight, row: Row) -> bool:
    return sight.find("party_branch", row["party_branch_id"]) is not None


def _roster_week(sight: Sight, row: Row) -> bool:
    """Drafts are for those who plan, what is published for all workers and the administrator."""
    role = sight.viewer.role
    reads = role in WORKERS or role is Role.ADMIN
    known = role in Act.PLAN_ROSTER.roles or (reads and row["published_at"] is not None)
    return known and _of_community(sight, row)


def _account(sight: Sight, row: Row) -> bool:
    """Oneself unless disabled, and everybody who holds or held a post in one's communities.

    An administrator knows all accounts.
    """
    if sight.viewer.role is Role.ADMIN:
        return sight.account is not None
    if row["id"] == sight.viewer.account_id and row["disabled_at"] is None:
        return True
    return any(post["account_id"] == row["id"] for post in sight.rows("assignment"))


def _own(sight: Sight, row: Row) -> bool:
    account = sight.anyhow("account", sight.viewer.account_id)
    return account is not None and row["account_id"] == account["id"] and account["disabled_at"] is None


_RULES: dict[str, Callable[[Sight, Row], Any]] = {
    "farm": _farm,
    "community": lambda sight, row: row["id"] in sight.communities,
    "estate": _of_community,
    "grid": _of_community,
    "building": _of_community,
    "organisation": _of_community,
    "party_branch": _party_branch,
    "household": _place,
    "resident": _home,
    "premises": _premises,
    "site_post": _of_community,
    "site_patrol": _site_patrol,
    "site_patrol_worker": _of_patrol,
    "site_arrears": _of_patrol,
    "qr_code": _qr_code,
    "visit": _of_grid,
    "visit_correction": lambda sight, row: sight.find("visit", row["visit_id"]) is not None,
    "appeal": _appeal,
    "call_back": _call_back,
    "dispatch": _dispatch,
    "incident": _incident,
    "wish": _wish,
    "photo": _photo,
    "clock_policy": _of_community,
    "category_policy": _of_community,
    "dispute": _dispute,
    "mediation_policy": _of_community,
    "dispute_mediator": _of_dispute,
    "meeting": _of_dispute,
    "meeting_party": _of_meeting,
    "meeting_guest": _of_meeting,
    "site_visit": _of_dispute,
    "referral": _referral,
    "finding": _of_dispute,
    "evidence": _of_dispute,
    "access_notice": lambda sight, row: _of_community(sight, row) and sight.viewer.role is Role.SECRETARY,
    "look": lambda sight, row: _of_grid(sight, _case(sight, row)),
    "agreement_term": _of_agreement,
    "agreement_mark": _of_agreement,
    "performance_check": _of_agreement,
    "dispute_party": _of_dispute,
    "agreement": _of_dispute,
    "proposal": _of_dispute,
    "journal": _journal,
    "residency": _home,
    "alert": _home,
    "alert_rung": lambda sight, row: sight.find("alert", row["alert_id"]) is not None,
    "help_call": _help_call,
    "invitation": _of_grid,
    "ladder_policy": _of_community,
    "resident_colour": lambda sight, row: _resident_of_grid(sight, row["resident_id"]),
    "resident_merge": lambda sight, row: _resident_of_grid(sight, row["kept_id"]),
    "visit_policy": _of_community,
    "duty_pause": _of_grid,
    "roster_week": _roster_week,
    "roster_shift": lambda sight, row: sight.find("roster_week", row["week_id"]) is not None,
    "account": _account,
    "assignment": _of_community,
    "device": _own,
    "push_subscription": _own,
    "push_preference": _own,
    "activity": _of_community,
    "sign_up": _sign_up,
    "notice": _notice,
    "notice_reading": _notice_reading,
    "branch_member": lambda sight, row: sight.viewer.role in MEMBER_ROLES and _of_branch(sight, row),
    "branch_hours": _of_branch,
}
