"""Notices unusual access, for the secretary: counts each account's looks and reveals of the last hour."""

from uuid import UUID

import orjson

from db.access_notices import AccessNotice
from db.transaction import Transaction
from rules.access_notices import BEFORE, FEWEST, SPAN, AccessKind, is_unusual, usual_of

# Both have an index by account and time, which PostgreSQL 18 also uses for the times of all accounts.
_ACCESSES = {
    AccessKind.LOOKS: """select l.account_id, coalesce(d.community_id, a.community_id) as community_id,
            coalesce(l.dispute_id, l.appeal_id)::text as what, l.looked_at as at
        from look l left join dispute d on d.id = l.dispute_id left join appeal a on a.id = l.appeal_id
        where l.looked_at > {since} and l.looked_at <= {until} {more}""",
    AccessKind.REVEALS: """select l.actor_id as account_id, l.community_id,
            coalesce(l.resident_id::text, l.id::text) as what, l.recorded_at as at
        from journal l
        where l.kind = 'ID_NUMBER_REVEALED' and l.recorded_at > {since} and l.recorded_at <= {until} {more}""",
}
"""The accesses of a kind: who, where, what and when."""
_RECENT = """select coalesce(json_agg(found), '[]') from (
    select account_id, community_id, count(distinct what) as count from ({accesses}) as access
    where account_id is not null and not exists (select from access_notice n where n.kind = '{kind}'
        and n.account_id = access.account_id and n.community_id = access.community_id and n.until > $1)
    group by account_id, community_id having count(distinct what) > {fewest}) as found"""
_BEFORE = """select coalesce(json_agg(most), '[]') from (
    select max(count) as most from (
        select ceil(extract(epoch from $2 - at) / 86400) as day, count(distinct what) as count
        from ({accesses}) as access where community_id = $4
        group by day, ceil(extract(epoch from $2 - at) / 3600)) as hour
    group by day) as days"""


async def notice_access(tx: Transaction) -> int:
    """Records which accounts had unusually many accesses in the last hour. Returns their number.

    An account is noticed once an hour for each kind. It is compared with the days before.
    """
    notices = [each for kind in AccessKind for each in await _unusual(tx, kind)]
    await tx.save(*notices)
    return len(notices)


async def _unusual(tx: Transaction, kind: AccessKind) -> list[AccessNotice]:
    since = tx.now - SPAN
    accesses = _ACCESSES[kind].format(since="$1", until="$2", more="")
    query = _RECENT.format(accesses=accesses, kind=kind.value, fewest=FEWEST[kind])
    notices = []
    for each in orjson.loads(await tx.fetchval(query, since, tx.now)):
        account, community, count = UUID(each["account_id"]), UUID(each["community_id"]), each["count"]
        usual = await _usual(tx, kind, account, community)
        if is_unusual(kind, count, usual):
            where = {"account_id": account, "community_id": community, "kind": kind}
            span = {"since": since, "until": tx.now, "noticed_at": tx.now}
            notices.append(AccessNotice(count=count, usual=usual, **where, **span))
    return notices


async def _usual(tx: Transaction, kind: AccessKind, account: UUID, community: UUID) -> int:
    """The usual number of accesses of the account, from the days before the last one."""
    own = "l.account_id" if kind is AccessKind.LOOKS else "l.actor_id"
    accesses = _ACCESSES[kind].format(since="$1", until="$2", more=f"and {own} = $3")
    until = tx.now - 24 * SPAN
    days = await tx.fetchval(_BEFORE.format(accesses=accesses), until - BEFORE, until, account, community)
    return usual_of(orjson.loads(days))
