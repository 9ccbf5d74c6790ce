"""The place that an appeal concerns, as whoever registers or corrects it names it."""

from db.acts.places import Place, WidePlaceInput, of_estate, place_given
from db.places import Community, Estate, Grid, Premises
from db.transaction import Transaction
from rules.refusals import Code, Refusal, invalid

_WIDE = ("premises", "grid", "estate", "community")


async def place_named(tx: Transaction, given: WidePlaceInput) -> Place | None:
    """The place that is given, where the viewer works; None if none is given. Refuses two at once."""
    wide = [name for name in _WIDE if getattr(given, name) is not None]
    if len(wide) + (given.household is not None or given.building is not None) > 1:
        raise invalid("地点只写一处", wide[-1])
    if not wide:
        return await place_given(tx, given)
    place = await _wide_place(tx, given)
    if not await tx.works_in(place.grid_id):
        raise Refusal(Code.NOT_FOUND, *wide)
    return place


async def _wide_place(tx: Transaction, given: WidePlaceInput) -> Place:
    if given.premises is not None:
        premises = await tx.find(Premises, given.premises, "premises")
        grid = await tx.get(Grid, id=premises.grid_id)
        return Place(grid.community_id, grid.id, premises_id=premises.id)
    if given.grid is not None:
        grid = await tx.find(Grid, given.grid, "grid")
        return Place(grid.community_id, grid.id)
    if given.estate is not None:
        return of_estate(await tx.find(Estate, given.estate, "estate"))
    assert given.community is not None
    community = await tx.find(Community, given.community, "community")
    return Place(community.id, community.id)
