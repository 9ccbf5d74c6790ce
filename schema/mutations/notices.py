"""Mutations of notices."""

from __future__ import annotations

from db.acts import notices as acts
from schema.compiler.declare import mutations
from schema.mutations.parts import move, mutation, optional, own_id, payload_of, reason, required
from schema.notices import Notice

NoticePayload = payload_of("NoticePayload", notice=Notice)
_NAMELESS = "With audience `PUBLIC` it is refused if it names a person, a home or a colour."


@mutations
class NoticeMutations:
    publish_notice = mutation(
        acts.publish_notice,
        NoticePayload,
        "Publishes a notice (通知) from the community, or from an estate by its leader.",
        id=own_id("notice"),
        audience=required("Whom it is for."),
        title=required(f"The title, up to 100 characters. {_NAMELESS}"),
        body=required(f"The text, up to 2,000 characters. {_NAMELESS}"),
        community=optional("The community; the viewer's only one by default.", "community"),
        estate=optional("The estate, if it is not for the whole community.", "estate"),
        ends_at=optional("The end of the time for which it holds, within a year; open-ended by default."),
    )
    withdraw_notice = move(
        acts.withdraw_notice,
        NoticePayload,
        "Withdraws a notice. It leaves the public page, and its audience sees the reason.",
        notice=required("The notice.", "notice"),
        reason=reason("The reason, up to 100 characters."),
    )
    mark_read = move(
        acts.mark_read,
        NoticePayload,
        "Marks a notice as read by the viewer.",
        notice=required("The notice.", "notice"),
    )
