"""The demo's cases: disputes, appeals, visits and the journal, and that they hang together."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from rules.addresses import read
from rules.agreements import AgreementForm, effective_on
from rules.appeal_words import guess_category
from seeds.clock import days
from seeds.visits import GRANDPAS_SILENT_DAY
from tests.test_seeds import counted

SHANGHAI = ZoneInfo("Asia/Shanghai")
YEAR = list(days(date(2023, 1, 1), date(2023, 12, 31)))
ENDS = datetime(2024, 1, 1, tzinfo=SHANGHAI)


@pytest.fixture
async def rows(demo_url: str) -> AsyncIterator[Any]:
    """A connection to the loaded demo."""
    connection = await asyncpg.connect(demo_url)
    yield connection
    await connection.close()


async def test_eleven_construction_sites_without_an_open_matter(rows: Any) -> None:
    kinds = await counted(rows, "select kind, count(*) from premises group by 1")
    assert kinds == {"ENTERPRISE": 9, "SHOP": 24, "CONSTRUCTION_SITE": 11}
    matters = await counted(
        rows,
        """
        select d.status, count(*) from dispute d join dispute_party p on p.dispute_id = d.id
        join premises s on s.id = p.premises_id where s.kind = 'CONSTRUCTION_SITE' group by 1
        """,
    )
    assert matters == {"PERFORMED": 4}


async def test_disputes_are_101_of_which_96_end_orally_and_4_in_writing(rows: Any) -> None:
    forms = "select a.form, count(*) from dispute d left join agreement a on a.dispute_id = d.id group by 1"
    assert await counted(rows, forms) == {"ORAL": 96, "WRITTEN": 4, None: 1}
    statuses = await counted(rows, "select status, count(*) from dispute group by 1")
    assert statuses["MEDIATING"] == 1
    assert statuses["AGREED"] + statuses["PERFORMED"] == 100
    in_2023 = "select count(*) from dispute where opened_at at time zone 'Asia/Shanghai' >= '2023-01-01'"
    assert await rows.fetchval(f"{in_2023} and recorded_at < $1", ENDS) == 101


async def test_four_in_five_are_settled_in_the_grid(rows: Any) -> None:
    levels = "select level, count(*) from dispute where status in ('AGREED', 'PERFORMED') group by 1"
    assert await counted(rows, levels) == {"GRID": 80, "COMMUNITY": 15, "JOINT": 5}


async def test_all_eighteen_types_occur_neighbours_and_families_most(rows: Any) -> None:
    types = Counter(await counted(rows, "select type, count(*) from dispute group by 1"))
    assert len(types) == 18
    assert {kind for kind, _ in types.most_common(3)} == {"NEIGHBOUR", "MARRIAGE_FAMILY", "PROPERTY_MANAGEMENT"}
    assert types["WAGE_ARREARS"] == 2


async def test_every_dispute_has_two_sides_that_consent(rows: Any) -> None:
    parties = await counted(rows, "select dispute_id, count(*) from dispute_party group by 1")
    assert len(parties) == 101
    assert min(parties.values()) == 2
    assert max(parties.values()) == 12
    assert await counted(rows, "select consent, count(*) from dispute_party group by 1") == {
        "GIVEN": sum(parties.values())
    }


async def test_parties_are_of_every_kind(rows: Any) -> None:
    for column in ("resident_id", "household_id", "premises_id", "outsider_name"):
        assert await rows.fetchval(f"select count(*) from dispute_party where {column} is not null") > 0


async def test_agreements_take_effect_as_the_law_says(rows: Any) -> None:
    for row in await rows.fetch("select * from agreement"):
        marks = (row["parties_signed_on"], row["mediator_signed_on"], row["sealed_on"])
        form = AgreementForm(row["form"])
        assert row["effective_on"] == effective_on(form, row["reached_at"].astimezone(SHANGHAI).date(), marks)
        assert (None in marks) == (form is AgreementForm.ORAL)
        assert row["recorded_at"] < ENDS


async def test_the_direct_line_has_73_problems_heating_first(rows: Any) -> None:
    problems = "select category, count(*) from appeal where kind = 'PROBLEM' group by 1"
    categories = Counter(await counted(rows, problems))
    assert sum(categories.values()) == 73
    assert categories.most_common(2) == [("HEATING", 31), ("PROPERTY_SERVICE", 9)]
    first = await rows.fetchval("select min(opened_at) from appeal")
    assert first.astimezone(SHANGHAI).date() >= date(2023, 9, 1)


async def test_three_problems_are_open_at_the_end_and_one_of_them_went_up(rows: Any) -> None:
    still = await rows.fetch("select kind, category, status, level from appeal where closed_at is null order by 2")
    assert [tuple(row) for row in still] == [
        ("PROBLEM", "HEATING", "ACCEPTED", "COMMUNITY"),
        ("PROBLEM", "PROPERTY_SERVICE", "IN_PROGRESS", "GRID"),
        ("PROBLEM", "WATER", "ACCEPTED", "GRID"),
    ]
    assert await rows.fetchval("select max(closed_at) from appeal") < ENDS


async def test_appeals_come_in_by_every_way_and_fit_it(rows: Any) -> None:
    for row in await rows.fetch("select * from appeal"):
        by_code = row["source"] in {"QR_HOME", "QR_COUNTER"}
        assert (row["registered_by"] is None) == by_code
        assert (row["visit_id"] is None) == (row["source"] != "VISIT")
        assert row["recorded_at"] >= row["opened_at"]
        assert guess_category(row["body"]) == row["category"]
    assert len(await counted(rows, "select source, count(*) from appeal group by 1")) == 7


async def test_who_scans_the_counters_code_names_the_door(rows: Any) -> None:
    for row in await rows.fetch("""
        select a.body, b.number, a.unit, h.room from appeal a join building b on b.id = a.building_id
        join household h on h.id = a.household_id where a.source = 'QR_COUNTER'
    """):
        mention = read(row["body"])[0]
        assert (mention.building, mention.unit, mention.room) == (str(row["number"]), row["unit"], row["room"])


async def test_who_scans_a_doors_code_has_one(rows: Any) -> None:
    without = """
        select 1 from appeal a where source = 'QR_HOME' and not exists (
            select from qr_code q where q.household_id = a.household_id and revoked_at is null)
    """
    assert await rows.fetch(without) == []


async def test_what_was_found_at_a_door_belongs_to_that_visit(rows: Any) -> None:
    strays = """
        select 1 from appeal a join visit v on v.id = a.visit_id
        where (a.household_id, a.registered_by, a.opened_at)
            is distinct from (v.household_id, v.worker_id, v.occurred_at)
        union all
        select 1 from dispute d join visit v on v.id = d.visit_id
        where (d.grid_id, d.registered_by, d.opened_at) is distinct from (v.grid_id, v.worker_id, v.occurred_at)
    """
    assert await rows.fetch(strays) == []


async def test_ten_homes_of_one_staircase_were_cold_one_evening_in_november(rows: Any) -> None:
    cold = await rows.fetch("""
        select distinct a.household_id from appeal a join building b on b.id = a.building_id
        where b.number = 3 and a.unit = 2 and a.category = 'HEATING' and a.source = 'QR_HOME'
        and (a.opened_at at time zone 'Asia/Shanghai')::date = '2023-11-14'
    """)
    assert len(cold) == 10


async def test_the_ten_cold_homes_were_one_incident_with_one_dispatch_and_ten_words_of_their_own(rows: Any) -> None:
    (incident,) = await rows.fetch("select * from incident")
    members = await rows.fetch("select * from appeal where incident_id = $1", incident["id"])
    assert len({each["receipt_code"] for each in members}) == 10
    (dispatch,) = await rows.fetch("""
        select d.*, o.name from dispatch d join organisation o on o.id = d.organisation_id
        where incident_id is not null
    """)
    assert (dispatch["name"], dispatch["status"]) == ("三坪热力公司", "ACCEPTED")
    assert {each["dispatch_id"] for each in members} == {dispatch["id"]}
    assert max(each["accepted_at"] for each in members) < incident["made_at"] < dispatch["dispatched_at"]
    assert incident["closed_at"] == max(each["closed_at"] for each in members)
    said = await rows.fetch("""
        select kind, count(*) from journal where incident_id is not null and appeal_id is not null group by kind
    """)
    assert {row["kind"]: row["count"] for row in said} == {
        "APPEAL_MERGED": 10,
        "APPEAL_DISPATCHED": 10,
        "DISPATCH_ACCEPTED": 10,
        "APPEAL_ANSWERED": 11,
        "APPEAL_RETURNED": 1,
        "APPEAL_CONFIRMED": 10,
    }


async def test_receipts_are_ten_letters_that_are_not_misread(rows: Any) -> None:
    odd = "select 1 from appeal where receipt_code !~ '^[0-9ABCDEFGHJKMNPQRSTVWXYZ]{10}$'"
    assert await rows.fetch(odd) == []


async def test_grandpa_wang_is_phoned_every_day_but_one(rows: Any) -> None:
    reached = await rows.fetch("""
        select distinct (v.occurred_at at time zone 'Asia/Shanghai')::date as day from visit v
        join visit_resident x on x.visit_id = v.id join resident r on r.id = x.resident_id
        join building b on b.id = r.building_id where r.name = '王德顺' and b.number = 3
    """)
    assert set(YEAR) - {row["day"] for row in reached} == {GRANDPAS_SILENT_DAY}


async def test_red_are_reached_almost_every_day(rows: Any) -> None:
    by_day = await counted(
        rows,
        """
        select r.resident_id, count(distinct (v.occurred_at at time zone 'Asia/Shanghai')::date)
        from visit v join visit_resident x on x.visit_id = v.id
        join resident_colour r on r.resident_id = x.resident_id and r.colour = 'RED' group by 1
        """,
    )
    assert len(by_day) == 42
    assert min(by_day.values()) > 350
    assert sum(by_day.values()) < 42 * len(YEAR)


async def test_visits_are_made_by_the_grids_worker_in_working_hours(rows: Any) -> None:
    strangers = """
        select 1 from visit v where not exists (
            select from assignment s where s.account_id = v.worker_id and s.grid_id = v.grid_id)
    """
    assert await rows.fetch(strangers) == []
    hours = "select min(t), max(t) from (select (occurred_at at time zone 'Asia/Shanghai')::time t from visit) x"
    first, last = await rows.fetchrow(hours)
    assert (first.hour, last.hour) == (9, 19)
    delays = await rows.fetchrow("select min(recorded_at - occurred_at), max(recorded_at - occurred_at) from visit")
    assert delays[0] > timedelta(0)
    assert timedelta(hours=1) < delays[1] < timedelta(hours=6)


async def test_visits_reach_those_who_live_there(rows: Any) -> None:
    elsewhere = """
        select 1 from visit v join visit_resident x on x.visit_id = v.id
        join resident r on r.id = x.resident_id where r.household_id <> v.household_id
    """
    assert await rows.fetch(elsewhere) == []
    assert set(await counted(rows, "select mode, count(*) from visit group by 1")) == {"HOME_VISIT", "PHONE", "ONLINE"}


async def test_the_journal_was_written_in_order_of_time(rows: Any) -> None:
    order = await rows.fetch("select id, recorded_at, occurred_at from journal order by id")
    assert [row["recorded_at"] for row in order] == sorted(row["recorded_at"] for row in order)
    assert all(row["occurred_at"] <= row["recorded_at"] for row in order)


async def test_the_journal_has_every_visit_once(rows: Any) -> None:
    entries = await rows.fetch("""
        select v.id from visit v join journal j on j.visit_id = v.id and j.kind = 'VISIT_RECORDED'
        where (j.actor_id, j.occurred_at, j.recorded_at) = (v.worker_id, v.occurred_at, v.recorded_at)
    """)
    assert len(entries) == len(set(entries)) == await rows.fetchval("select count(*) from visit")


async def test_each_appeals_journal_leads_to_where_it_stands(rows: Any) -> None:
    entries = defaultdict(list)
    for entry in await rows.fetch(
        "select * from journal where appeal_id is not null and kind <> 'APPEAL_MERGED' order by id"
    ):
        entries[entry["appeal_id"]].append(entry)
    for appeal in await rows.fetch("select * from appeal"):
        path = entries.pop(appeal["id"])
        assert path[0]["kind"] == "APPEAL_OPENED"
        assert [step["from_status"] for step in path[1:]] == [step["to_status"] for step in path[:-1]]
        assert path[-1]["to_status"] == appeal["status"]
        assert closing(path) == appeal["closed_at"]
        assert sum(step["kind"] == "APPEAL_ESCALATED" for step in path) == (appeal["level"] == "COMMUNITY")
    assert not entries


def closing(path: list[Any]) -> datetime | None:
    """When an appeal was confirmed, by its journal."""
    return next((step["occurred_at"] for step in path if step["kind"] == "APPEAL_CONFIRMED"), None)


async def test_each_disputes_journal_tells_its_agreement(rows: Any) -> None:
    kinds = await counted(rows, "select kind, count(*) from journal where dispute_id is not null group by 1")
    assert kinds == {
        "DISPUTE_OPENED": 101,
        "AGREEMENT_RECORDED": 100,
        "FINDING_RECORDED": 33,
        "EVIDENCE_ADDED": 34,
        "SITE_PATROLLED": 1,
    }
    differing = """
        select 1 from journal j join dispute d on d.id = j.dispute_id join agreement a on a.dispute_id = d.id
        where j.kind = 'AGREEMENT_RECORDED'
        and (j.occurred_at, j.actor_id) is distinct from (d.closed_at, a.recorded_by)
    """
    assert await rows.fetch(differing) == []


async def test_ids_carry_the_time_of_their_rows(rows: Any) -> None:
    for row in await rows.fetch("select id, occurred_at from visit limit 500"):
        assert (row["id"].version, row["id"].variant) == (7, "specified in RFC 4122")
        assert moment_of(row["id"]) == row["occurred_at"]


def moment_of(uuid: UUID) -> datetime:
    """The milliseconds in a UUIDv7."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=uuid.int >> 80)
