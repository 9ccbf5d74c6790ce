"""Local days of communities."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from db.places import Community, Grid
from db.transaction import Transaction


async def today_in(tx: Transaction, community_id: UUID) -> date:
    return local_day(await tx.get(Community, id=community_id), tx.now)


async def today_of(tx: Transaction, grid_id: UUID) -> date:
    grid = await tx.get(Grid, id=grid_id)
    return await today_in(tx, grid.community_id)


def local_day(community: Community, at: datetime) -> date:
    return at.astimezone(ZoneInfo(community.time_zone)).date()
