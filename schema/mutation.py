import strawberry

from schema.mutations.appeal_moves import AppealMoves
from schema.mutations.appeals import AppealMutations
from schema.mutations.disputes import DisputeMutations
from schema.mutations.visits import VisitMutations


@strawberry.type(description="What can be done. A refusal is data, in the payload's `errors`; nothing is half written.")
class Mutation(VisitMutations, AppealMutations, AppealMoves, DisputeMutations):
    """See the description."""
