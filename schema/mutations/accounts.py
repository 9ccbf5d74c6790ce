"""Mutations of the accounts of colleagues, and of one's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db.acts import colleagues
from db.acts.colleagues import AccountCorrection, Invitation, OwnPhone
from schema.accounts import Account
from schema.compiler.declare import mutations
from schema.mutations.parts import (
    act_id,
    change,
    move,
    mutation,
    optional,
    own_id,
    payload,
    payload_of,
    required,
    shows,
    takes,
)


@takes(AccountCorrection)
class CorrectAccountInput:
    """Corrections of an account. What is not given keeps its value."""

    account: strawberry.ID = required("The account.", "account")
    name: str | None = change("Name.")
    phone: str | None = change("Work telephone.", erases=True)
    act: strawberry.ID | None = act_id()


@takes(OwnPhone)
class SetOwnPhoneInput:
    """The telephone of the viewer's own account."""

    phone: str | None = change("Work telephone.", erases=True)
    act: strawberry.ID | None = act_id()


AccountPayload = payload_of("AccountPayload", account=Account)


@payload
class AccountInvitationPayload:
    """An account whose person was invited to choose a password."""

    account: Account | None = shows("The account; null when refused.")
    code: str | None = shows(
        "The code for the page `/invitation` or `POST /auth/invitation`, which is told once; null when refused, and for"
        " a retry."
    )
    expires_at: datetime | None = shows("When the code stops working.")


def _invited(_: object, made: Invitation) -> dict[str, Any]:
    return {"account": made.account, "code": made.code, "expires_at": made.expires_at}


@mutations
class AccountMutations:
    add_account = mutation(
        colleagues.add_account,
        AccountInvitationPayload,
        "Adds an account with posts from today on, and invites the person to choose a password. Name places of the one"
        " kind in which the role holds.",
        shown=_invited,
        id=own_id("account"),
        username=required("The user name for signing in, unique in the installation in all its spellings."),
        name=required("Name."),
        role=required("The role, one that the viewer's own role keeps."),
        phone=optional("Work telephone."),
        community=optional("The community, for its staff, legal counsel and the judicial office.", "community"),
        estate=optional("The estate, for a grid leader.", "estate"),
        grids=optional("The grids, for a grid worker.", "grid"),
        building=optional("The building, for a building head (联户长).", "building"),
        organisation=optional("The organisation, for a partner or a mediator of the centre.", "organisation"),
    )
    invite_account = move(
        colleagues.invite_account,
        AccountInvitationPayload,
        "Invites a person to choose a new password. The old password, an earlier code and all sessions end at once."
        " A retry does not tell the code again.",
        shown=_invited,
        account=required("The account.", "account"),
    )
    correct_account = mutation(
        colleagues.correct_account,
        AccountPayload,
        "Changes the name or the telephone of a colleague's account.",
        takes=CorrectAccountInput,
    )
    disable_account = move(
        colleagues.disable_account,
        AccountPayload,
        "Disables an account. Its sessions, its invitation and its posts end at once; its history stays.",
        account=required("The account.", "account"),
    )
    enable_account = move(
        colleagues.enable_account,
        AccountPayload,
        "Lets a disabled account sign in again. It gets its posts by `givePost`.",
        account=required("The account.", "account"),
    )
    sign_out_account = move(
        colleagues.sign_out_account,
        AccountPayload,
        "Signs out all devices of a colleague, or one of them, such as a lost phone.",
        account=required("The account.", "account"),
        device=optional("The only device to sign out, of `Account.signedInDevices`.", "device"),
    )
    set_own_phone = mutation(
        colleagues.set_own_phone,
        AccountPayload,
        "Sets the telephone of the viewer's own account.",
        takes=SetOwnPhoneInput,
    )
