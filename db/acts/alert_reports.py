"""Acts on what was found at the door of an alert: somebody who is well, nobody, or somebody who needs help."""

from dataclasses import dataclass
from uuid import UUID

from db.acts.alerts import end, end_reached, entry_of, reopen, ring_next, ring_urgently, take
from db.acts.journal import act, entry
from db.acts.visits import reach_of
from db.alerts import Alert
from db.calls import Invitation
from db.people import Resident
from db.transaction import Transaction
from db.visits import Visit
from rules import alerts as rules
from rules.access import Act
from rules.alerts import AlertFinding, AlertStatus
from rules.gathering import refusals_under
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, receipt_code
from rules.visits import VisitMode


@dataclass(frozen=True, slots=True)
class Report:
    """A report from the door of an alert. The alert is given by its id, or by the answer code of a neighbour."""

    finding: AlertFinding
    alert: UUID | None = None
    code: str | None = None
    note: str | None = None
    act: UUID | None = None


async def _reported(tx: Transaction, given: Report) -> UUID:
    """The alert that a retry is about."""
    if given.code is None:
        assert given.alert is not None
        return given.alert
    alert_id = (await _invitation(tx, given.code)).alert_id
    assert alert_id is not None
    return alert_id


@act(Act.REPORT_ALERT, key="act", again=_reported, limited="code")
async def report_alert(tx: Transaction, given: Report) -> UUID:
    """Records what was found. The latest report counts, and the same one again by the same account changes nothing."""
    note = check_optional(given.note, "note", limit=LINE_LIMIT)
    alert, neighbour = await _alert_of(tx, given)
    status = rules.status_of(alert.acknowledged_at, alert.ended_at)
    if status is AlertStatus.ENDED:
        raise Refusal(Code.WRONG_STATE, "code" if neighbour else "alert", status=status)
    said = "：".join(filter(None, (f"邻居{neighbour.name}" if neighbour else None, note))) or None
    report = {"finding": given.finding, "found_by": tx.viewer.account_id, "found_note": said}
    if all(getattr(alert, name) == value for name, value in report.items()):
        return alert.id
    alert.change(report | {"found_at": tx.now})
    told = "：".join(filter(None, (given.finding.label, said)))
    await tx.save(alert, entry_of(tx, EntryKind.ALERT_REPORTED, alert, from_status=status.value, note=told))
    await _follow(tx, alert, status, by_neighbour=neighbour is not None)
    return alert.id


async def _alert_of(tx: Transaction, given: Report) -> tuple[Alert, Resident | None]:
    """The locked alert, and the neighbour if it is given by the code of an invitation."""
    if given.code is None:
        if given.alert is None:
            raise invalid("请写明平安提醒", "alert")
        return await tx.find(Alert, given.alert, "alert", lock=True), None
    invitation = await _invitation(tx, given.code)
    alert = await tx.get(Alert, lock=True, id=invitation.alert_id)
    return alert, await tx.get(Resident, id=invitation.resident_id)


async def _invitation(tx: Transaction, typed: str) -> Invitation:
    with refusals_under("code"):
        code = receipt_code(typed)
    await tx.show(code)
    invitation = await tx.one(Invitation, "code", answer_code=code)
    if invitation.alert_id is None:
        raise Refusal(Code.NOT_FOUND, "code")
    return invitation


async def _follow(tx: Transaction, alert: Alert, status: AlertStatus, *, by_neighbour: bool) -> None:
    """Ends the alert, or lets the ladder stop, go on or ring everybody, as the report says."""
    if alert.finding is AlertFinding.REACHED:
        if not by_neighbour:
            await _record_visit(tx, alert)
        elif status is AlertStatus.OPEN:
            # The duty is the community's, so that a neighbour's word only stops the ladder.
            await take(tx, alert, alert.found_note)
        return
    if status is AlertStatus.ACKNOWLEDGED:
        await reopen(tx, alert)
    if alert.finding is AlertFinding.NOT_THERE:
        await ring_next(tx, alert)
    elif alert.urgent_at is None:
        alert.urgent_at = tx.now
        await tx.save(alert)
        await ring_urgently(tx, alert)


async def _record_visit(tx: Transaction, alert: Alert) -> None:
    """Records that the viewer met the resident at home, which does the duty of today and ends the alert."""
    home = {"household_id": alert.household_id, "building_id": alert.building_id, "grid_id": alert.grid_id}
    visit = Visit(
        **home,
        worker_id=tx.worker_id,
        mode=VisitMode.HOME_VISIT,
        note=alert.found_note,
        occurred_at=tx.now,
        recorded_at=tx.now,
    )
    reached = reach_of(visit, [alert.resident_id])
    await tx.save(visit, *reached, entry(tx, EntryKind.VISIT_RECORDED, visit, occurred_at=tx.now))
    await end(tx, [alert])
    await end_reached(tx, [alert.resident_id])
