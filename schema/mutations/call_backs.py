"""The mutation that records a call-back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from db.acts import call_backs
from db.acts.call_backs import NewCallBack
from schema.appeals import Appeal
from schema.call_backs import CallBack
from schema.compiler.declare import mutations
from schema.mutations.parts import mutation, optional, own_id, payload_of, required

CallBackPayload = payload_of("CallBackPayload", call_back=CallBack, appeal=Appeal)


def _shown(new: NewCallBack, made: UUID) -> dict[str, Any]:
    return {"call_back": made, "appeal": new.appeal}


@mutations
class CallBackMutations:
    record_call_back = mutation(
        call_backs.record_call_back,
        CallBackPayload,
        "Records a call to the reporter of an appeal, or a visit to them. The first that reaches them accepts it.",
        shown=_shown,
        id=own_id("callback"),
        appeal=required("The appeal.", "appeal"),
        reached=required("Whether it reached the reporter. If not, the response is still due."),
        said=optional("What was said, or noticed."),
        called_at=optional("When; now by default."),
    )
