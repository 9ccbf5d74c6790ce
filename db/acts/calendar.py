"""The day by a community's calendar."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import select

from db.acts.acting import Acting
from db.places import Community


async def today_in(acting: Acting, community_id: UUID) -> date:
    """Today in a community."""
    zone = await acting.session.scalar(select(Community.time_zone).where(Community.id == community_id))
    return acting.now.astimezone(ZoneInfo(str(zone))).date()
