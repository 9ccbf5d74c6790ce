"""The root of writing: each field reads its input, does one act, and answers with what it touched."""

import strawberry

from schema.mutations.agreements import AgreementMutations
from schema.mutations.alerts import AlertMutations
from schema.mutations.appeal_moves import AppealMoves
from schema.mutations.appeals import AppealMutations
from schema.mutations.codes import CodeMutations
from schema.mutations.disputes import DisputeMutations
from schema.mutations.duty import DutyMutations
from schema.mutations.findings import FindingMutations
from schema.mutations.incidents import IncidentMutations
from schema.mutations.mediation import MediationMutations
from schema.mutations.people import PeopleMutations
from schema.mutations.places import PlaceMutations
from schema.mutations.reports import ReportMutations
from schema.mutations.roster import RosterMutations
from schema.mutations.sites import SiteMutations
from schema.mutations.visits import VisitMutations
from schema.mutations.wishes import WishMutations


@strawberry.type(description="What can be done. A refusal is data, in the payload's `errors`; nothing is half written.")
class Mutation(
    VisitMutations,
    AppealMutations,
    AppealMoves,
    IncidentMutations,
    DisputeMutations,
    MediationMutations,
    FindingMutations,
    SiteMutations,
    AgreementMutations,
    DutyMutations,
    PeopleMutations,
    PlaceMutations,
    CodeMutations,
    AlertMutations,
    ReportMutations,
    RosterMutations,
    WishMutations,
):
    """See the description."""
