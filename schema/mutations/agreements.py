"""Mutations of agreements."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from db.acts import agreements
from db.acts.agreements import Confirming, NewAgreement, Term
from rules.agreements import ConfirmationResult
from schema.agreements import Agreement, SettlementProposal
from schema.compiler.declare import mutations
from schema.disputes import Dispute
from schema.mutations.parts import Act, act_id, change, move, mutation, optional, own_id, payload_of, required, takes


@takes(Term)
class TermInput:
    """An obligation of a party with a due day."""

    party: strawberry.ID = required("The party who owes it.", "party")
    what: str = required("The obligation, in a line.")
    due_on: date = required("The due day.")
    amount: Decimal | None = optional("The amount in yuan, if it is money.")


@takes(Confirming)
class NoteConfirmationInput:
    """The joint application to a court for confirmation."""

    agreement: strawberry.ID = required("The agreement.", "agreement")
    applied_on: date = required("The day of the application, within 30 days of taking effect.")
    result: ConfirmationResult | None = change("The court's answer.", erases=True)
    number: str | None = change("The number of the court's ruling.", erases=True)
    act: strawberry.ID | None = act_id()


SettlementProposalPayload = payload_of("SettlementProposalPayload", proposal=SettlementProposal)
AgreementPayload = payload_of("AgreementPayload", agreement=Agreement, dispute=Dispute)


def _recorded(new: NewAgreement, dispute: UUID) -> dict[str, Any]:
    return {"agreement": new.id, "dispute": dispute}


def _changed(given: Any, dispute: UUID) -> dict[str, Any]:
    return {"agreement": given.agreement, "dispute": dispute}


def _move(act: Act, description: str, **fields: Any) -> Any:
    agreement = required("The agreement.", "agreement")
    return move(act, AgreementPayload, description, shown=_changed, agreement=agreement, **fields)


@mutations
class AgreementMutations:
    propose_terms = mutation(
        agreements.propose_terms,
        SettlementProposalPayload,
        "Proposes terms, which the mediator may turn into the agreement by `recordAgreement`.",
        id=own_id("proposal"),
        dispute=required("The dispute.", "dispute"),
        content=required("The content, up to 2,000 characters."),
        performance=optional("The manner of performance."),
        due_on=optional("The day by which all is done."),
    )
    record_agreement = mutation(
        agreements.record_agreement,
        AgreementPayload,
        "Records the agreement that settles a dispute. For an oral one the content is enough (article 28).",
        shown=_recorded,
        id=own_id("agreement"),
        dispute=required("The dispute.", "dispute"),
        form=required("Oral or written."),
        content=optional("The content, up to 2,000 characters; that of the proposal by default."),
        proposal=optional("The proposal that the parties accepted.", "proposal"),
        facts=optional("Facts, issues and responsibility (article 29); required if written."),
        performance=optional(
            "Manner and time of performance (article 29); required if written, here or in the proposal."
        ),
        due_on=optional("The due day of the whole agreement; the last day of its terms by default."),
        reached_at=optional("When the parties agreed; now by default."),
        parties_signed_on=optional("When the last party signed, if all have."),
        mediator_signed_on=optional("When the mediator signed."),
        sealed_on=optional("When the committee sealed it."),
        terms=optional("The obligations of each party."),
    )
    write_agreement = _move(
        agreements.write_agreement,
        "Puts an oral agreement into writing. It stays in force from the day on which it was reached.",
        facts=required("Facts, issues and responsibility (article 29)."),
        performance=required("Manner and time of performance (article 29)."),
        content=optional("The content, if it is to be worded differently."),
    )
    mark_agreement = _move(
        agreements.mark_agreement,
        "Adds one mark, by a party, the mediator or the committee. The last one puts it in force (article 29).",
        on=required("The day of the mark."),
        party=optional("The party who marked it.", "party"),
        kind=optional("The kind of a party's mark; a signature by default."),
        mediator=optional("True: the mediator signed."),
        seal=optional("True: the committee sealed it."),
    )
    check_performance = mutation(
        agreements.check_performance,
        AgreementPayload,
        "Records a follow-up of an agreement or one of its terms (article 31).",
        shown=_changed,
        id=own_id("check"),
        agreement=required("The agreement.", "agreement"),
        outcome=required("The outcome."),
        term=optional("The term; the whole agreement by default.", "term"),
        note=optional("A note."),
        checked_on=optional("The day of the follow-up; today by default."),
    )
    note_confirmation = mutation(
        agreements.note_confirmation,
        AgreementPayload,
        "Records the joint application to a court for confirmation, and the court's answer (article 33).",
        takes=NoteConfirmationInput,
        shown=_changed,
    )
