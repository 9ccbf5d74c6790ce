"""The telephone of a community, who set its ladder, and starting values for communities that lack policies."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    'ALTER TABLE community ADD COLUMN phone TEXT COLLATE "C"',
    "ALTER TABLE ladder_policy ADD COLUMN set_by UUID",
    """
    ALTER TABLE ladder_policy ADD CONSTRAINT fk_ladder_policy_set_by FOREIGN KEY(set_by) REFERENCES account (id)
    """,
    # Until now only the journal told who set a ladder.
    """
    UPDATE ladder_policy p SET set_by = (
        SELECT j.actor_id FROM journal j
        WHERE j.community_id = p.community_id AND j.kind = 'CADENCE_SET' AND j.note LIKE '平安提醒：%'
        ORDER BY j.id DESC LIMIT 1)
    """,
    """
    INSERT INTO visit_policy (community_id, colour, period, modes, grace_days, starts_on)
    SELECT c.id, v.colour, v.period, v.modes, v.grace_days, (now() AT TIME ZONE c.time_zone)::date
    FROM community c CROSS JOIN (VALUES
        ('RED', 'DAY', ARRAY['HOME_VISIT', 'PHONE'], 1),
        ('ORANGE', 'WEEK', ARRAY['HOME_VISIT'], 2),
        ('YELLOW', 'MONTH', ARRAY['HOME_VISIT'], 5),
        ('GREEN', NULL, ARRAY['HOME_VISIT', 'ONLINE', 'PHONE'], 0),
        ('CYAN', NULL, ARRAY['HOME_VISIT', 'ONLINE', 'PHONE'], 0),
        ('BLUE', NULL, ARRAY['HOME_VISIT', 'ONLINE', 'PHONE'], 0)) AS v (colour, period, modes, grace_days)
    WHERE NOT EXISTS (SELECT FROM visit_policy p WHERE p.community_id = c.id)
    """,
    # Times for urgent appeals only where nobody has set any times.
    """
    INSERT INTO clock_policy (community_id, urgency, response_minutes, resolution_minutes, step_minutes, silence_days,
        reopen_days)
    SELECT c.id, v.* FROM community c CROSS JOIN (VALUES
        (NULL, 1440, 21600, 1440, 7, 30), ('URGENT', 120, 4320, 60, 7, 30)) AS v (urgency)
    WHERE NOT EXISTS (SELECT FROM clock_policy p WHERE p.community_id = c.id AND p.replaced_at IS NULL
        AND (v.urgency IS NOT NULL OR num_nonnulls(p.kind, p.category, p.urgency) = 0))
    """,
    """
    INSERT INTO ladder_policy (community_id, reach_by, step_minutes) SELECT id, '11:00', 15 FROM community c
    WHERE NOT EXISTS (SELECT FROM ladder_policy p WHERE p.community_id = c.id)
    """,
    """
    INSERT INTO mediation_policy (community_id, days, set_at) SELECT id, 30, now() FROM community c
    WHERE NOT EXISTS (SELECT FROM mediation_policy p WHERE p.community_id = c.id)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
