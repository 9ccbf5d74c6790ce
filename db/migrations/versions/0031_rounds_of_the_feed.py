"""One call gives positions and reads what a round of the feed needs, instead of two round trips."""

from alembic import op

revision = "0031"
down_revision = "0030"

# Each statement of the function has a snapshot of its own, so the second one reads what the first one has placed.
STATEMENTS = (
    """
    CREATE FUNCTION feed_round(most bigint, after bigint, newest bigint)
        RETURNS TABLE (more boolean, epoch text, last bigint, held bigint, quarter timestamptz, positions bigint[],
            kinds text[], grids uuid[], communities uuid[])
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
        more := place_entries(most) = most;
        RETURN QUERY
            WITH news AS MATERIALIZED (
                SELECT f.position, f.kind, f.grid_id, f.community_id FROM feed_entry f
                WHERE f.position > after ORDER BY f.position DESC LIMIT newest)
            SELECT more, e.name, (SELECT coalesce(max(p.position), 0) FROM feed_position p), e.held,
                date_bin('15 minutes', now(), 'epoch'), listed.*
            FROM feed_epoch e, (
                SELECT array_agg(n.position ORDER BY n.position), array_agg(n.kind::text ORDER BY n.position),
                    array_agg(n.grid_id ORDER BY n.position), array_agg(n.community_id ORDER BY n.position)
                FROM news n) listed
            ORDER BY e.number DESC LIMIT 1;
    END
    $$
    """,
    "REVOKE EXECUTE ON FUNCTION feed_round FROM PUBLIC",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
