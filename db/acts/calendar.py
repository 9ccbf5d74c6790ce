"""Local days of communities."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from db.places import Community, Grid
from db.transaction import Transaction


async def today_in(tx: Transaction, community_id: UUID) -> date:
    return local_day(await tx.get(Community, id=community_id), tx.now)


async def today_of(tx: Transaction, grid_id: UUID) -> date:
    return local_day(await community_of(tx, grid_id), tx.now)


async def community_of(tx: Transaction, grid_id: UUID) -> Community:
    """The community of a grid, whose time zone decides about days."""
    grid = await tx.get(Grid, id=grid_id)
    return await tx.get(Community, id=grid.community_id)


def local_day(community: Community, at: datetime) -> date:
    return at.astimezone(ZoneInfo(community.time_zone)).date()
