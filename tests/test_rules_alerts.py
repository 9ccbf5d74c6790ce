"""The order of the rungs, what their messages say, and when text messages are tried again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rules import alerts as rules
from rules.alerts import LADDER, MESSAGE_TRIES, Priority, Rung, next_rung, retry_after, rung_after, youngest_born_on

WAITS = [retry_after(tries) for tries in range(1, MESSAGE_TRIES)]


def test_a_gateway_that_fails_for_a_moment_delays_a_message_by_less_than_half_a_minute() -> None:
    assert WAITS[0] < timedelta(seconds=30)


def test_a_gateway_may_be_away_for_a_day() -> None:
    assert sorted(WAITS) == WAITS
    assert sum(WAITS, timedelta()) > timedelta(days=1)


@pytest.mark.parametrize(("rung", "following"), list(zip(LADDER, (*LADDER[1:], None), strict=True)))
def test_the_next_rung_is_due_when_the_step_is_over(rung: Rung, following: Rung | None) -> None:
    rung_at = datetime(2024, 1, 1, 3, tzinfo=UTC)
    assert rung_after(rung) is following
    assert next_rung(rung, rung_at, 15, rung_at + timedelta(minutes=15)) is following
    assert next_rung(rung, rung_at, 15, rung_at + timedelta(minutes=14, seconds=59)) is None


def test_only_adults_are_called() -> None:
    assert youngest_born_on(date(2024, 3, 1)) == date(2006, 3, 1)


@pytest.mark.parametrize("urgent", [False, True])
def test_a_message_names_the_community_the_door_and_whom_to_phone(*, urgent: bool) -> None:
    where, workers = ("{屯坪}社区", "3号楼1单元201"), [("张三", "00012345678"), ("李四", "00087654321")]
    texts = [
        rules.rung_message(Rung.BUILDING_HEAD, *where, workers, urgent=urgent),
        rules.rung_message(Rung.COMMUNITY, *where, workers, urgent=urgent),
        rules.worker_message(*where, workers, urgent=urgent),
    ]
    for text in texts:
        assert text.startswith("【{屯坪}社区】")
        assert "3号楼1单元201" in text
        assert text.endswith("：张三 00012345678、李四 00087654321。")
        assert ("紧急：" in text) is urgent
    assert "网格员" not in rules.rung_message(Rung.COMMUNITY, *where, [], urgent=urgent)


def test_an_alert_is_sent_before_a_notice_and_a_call() -> None:
    assert sorted(Priority) == [Priority.URGENT, Priority.ALERT, Priority.NOTICE, Priority.CALL]
