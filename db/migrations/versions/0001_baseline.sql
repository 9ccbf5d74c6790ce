-- The first tables of Tunping, with the triggers that belong to them. Later migrations change them; this file stays.

CREATE TABLE account (
    id UUID DEFAULT uuidv7() NOT NULL,
    username TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    role VARCHAR(40) NOT NULL,
    phone TEXT COLLATE "C",
    password_hash TEXT COLLATE "C" NOT NULL,
    failed_sign_ins INTEGER NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    disabled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_account PRIMARY KEY (id),
    CONSTRAINT uq_account_username UNIQUE (username),
    CONSTRAINT ck_account_role CHECK (role IN ('GRID_WORKER', 'GRID_LEADER', 'BUILDING_HEAD', 'COMMUNITY_STAFF', 'DEPUTY_DIRECTOR', 'SECRETARY', 'LEGAL_COUNSEL', 'JUDICIAL_OFFICE', 'CENTRE_MEDIATOR', 'PARTNER', 'ADMIN'))
);

CREATE TABLE journal_kind (
    kind VARCHAR(40) NOT NULL,
    CONSTRAINT pk_journal_kind PRIMARY KEY (kind)
);

CREATE TABLE farm (
    id UUID DEFAULT uuidv7() NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_farm PRIMARY KEY (id)
);

CREATE TABLE scheduler_pass (
    name VARCHAR(40) NOT NULL,
    passed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    late_since TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_scheduler_pass PRIMARY KEY (name)
);

CREATE TABLE device_session (
    id UUID DEFAULT uuidv7() NOT NULL,
    account_id UUID NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    token_digest BYTEA NOT NULL,
    rotated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_device_session PRIMARY KEY (id),
    CONSTRAINT fk_device_session_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_device_session_account_id ON device_session (account_id);

CREATE TABLE system_client (
    id UUID DEFAULT uuidv7() NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    account_id UUID NOT NULL,
    secret_digest BYTEA NOT NULL,
    webhook_url TEXT COLLATE "C",
    webhook_xid BIGINT,
    webhook_entry BIGINT,
    gone_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_system_client PRIMARY KEY (id),
    CONSTRAINT uq_system_client_name UNIQUE (name),
    CONSTRAINT ck_system_client_webhook CHECK ((webhook_url is null) = (webhook_xid is null)),
    CONSTRAINT ck_system_client_place CHECK ((webhook_xid is null) = (webhook_entry is null)),
    CONSTRAINT fk_system_client_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_system_client_account_id ON system_client (account_id);

CREATE TABLE photo_file (
    sha256 BYTEA NOT NULL,
    kept_sha256 BYTEA,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    kept_by UUID,
    kept_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_photo_file PRIMARY KEY (sha256),
    CONSTRAINT ck_photo_file_digest CHECK (octet_length(sha256) = 32),
    CONSTRAINT ck_photo_file_size CHECK (width > 0 and height > 0),
    CONSTRAINT fk_photo_file_kept_by FOREIGN KEY(kept_by) REFERENCES account (id)
);

CREATE TABLE community (
    id UUID DEFAULT uuidv7() NOT NULL,
    farm_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    time_zone TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_community PRIMARY KEY (id),
    CONSTRAINT fk_community_farm_id FOREIGN KEY(farm_id) REFERENCES farm (id)
);

CREATE INDEX ix_community_farm_id ON community (farm_id);

CREATE TABLE ladder_policy (
    community_id UUID NOT NULL,
    reach_by TIME WITHOUT TIME ZONE NOT NULL,
    step_minutes INTEGER NOT NULL,
    CONSTRAINT pk_ladder_policy PRIMARY KEY (community_id),
    CONSTRAINT ck_ladder_policy_step CHECK (step_minutes between 1 and 1440),
    CONSTRAINT fk_ladder_policy_community_id FOREIGN KEY(community_id) REFERENCES community (id)
);

CREATE TABLE clock_policy (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    kind VARCHAR(40),
    category VARCHAR(40),
    urgency VARCHAR(40),
    response_minutes INTEGER NOT NULL,
    resolution_minutes INTEGER NOT NULL,
    step_minutes INTEGER NOT NULL,
    silence_days INTEGER NOT NULL,
    reopen_days INTEGER NOT NULL,
    set_by UUID,
    set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    replaced_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_clock_policy PRIMARY KEY (id),
    CONSTRAINT ck_clock_policy_minutes CHECK (response_minutes > 0 and resolution_minutes >= response_minutes),
    CONSTRAINT ck_clock_policy_positive CHECK (step_minutes > 0 and silence_days > 0 and reopen_days > 0),
    CONSTRAINT fk_clock_policy_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT ck_clock_policy_appeal_kind CHECK (kind IN ('PROBLEM', 'HELP', 'INQUIRY', 'REPORT')),
    CONSTRAINT ck_clock_policy_appeal_category CHECK (category IN ('HEATING', 'WATER', 'ELECTRICITY', 'PROPERTY_SERVICE', 'NOISE', 'PARKING', 'SANITATION', 'SAFETY', 'CERTIFICATE', 'CARE', 'OTHER')),
    CONSTRAINT ck_clock_policy_appeal_urgency CHECK (urgency IN ('NORMAL', 'URGENT')),
    CONSTRAINT fk_clock_policy_set_by FOREIGN KEY(set_by) REFERENCES account (id)
);

CREATE UNIQUE INDEX uq_clock_policy_case ON clock_policy (community_id, kind, category, urgency) NULLS NOT DISTINCT WHERE replaced_at is null;

CREATE TABLE mediation_policy (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    days INTEGER NOT NULL,
    set_by UUID,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_mediation_policy PRIMARY KEY (id),
    CONSTRAINT ck_mediation_policy_days CHECK (days between 1 and 365),
    CONSTRAINT fk_mediation_policy_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT fk_mediation_policy_set_by FOREIGN KEY(set_by) REFERENCES account (id)
);

CREATE INDEX ix_mediation_policy_community ON mediation_policy (community_id, set_at);

CREATE TABLE estate (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_estate PRIMARY KEY (id),
    CONSTRAINT uq_estate_community_id_name UNIQUE (community_id, name),
    CONSTRAINT uq_estate_community UNIQUE (id, community_id),
    CONSTRAINT fk_estate_community_id FOREIGN KEY(community_id) REFERENCES community (id)
);

CREATE TABLE organisation (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    phone TEXT COLLATE "C",
    CONSTRAINT pk_organisation PRIMARY KEY (id),
    CONSTRAINT uq_organisation_community_id_name UNIQUE (community_id, name),
    CONSTRAINT fk_organisation_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT ck_organisation_organisation_kind CHECK (kind IN ('HEATING_COMPANY', 'PROPERTY_COMPANY', 'UTILITY_COMPANY', 'HOSPITAL', 'COURT', 'JUDICIAL_OFFICE', 'DISPUTE_CENTRE'))
);

CREATE TABLE roster_week (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    monday DATE NOT NULL,
    planned_by UUID NOT NULL,
    planned_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    published_by UUID,
    published_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_roster_week PRIMARY KEY (id),
    CONSTRAINT uq_roster_week_community_id_monday UNIQUE (community_id, monday),
    CONSTRAINT ck_roster_week_monday CHECK (extract(isodow from monday) = 1),
    CONSTRAINT ck_roster_week_published CHECK ((published_at is null) = (published_by is null)),
    CONSTRAINT fk_roster_week_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT fk_roster_week_planned_by FOREIGN KEY(planned_by) REFERENCES account (id),
    CONSTRAINT fk_roster_week_published_by FOREIGN KEY(published_by) REFERENCES account (id)
);

CREATE INDEX ix_roster_week_monday ON roster_week (monday, id);

CREATE TABLE visit_policy (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    colour VARCHAR(40) NOT NULL,
    period VARCHAR(40),
    modes TEXT[] NOT NULL,
    grace_days INTEGER NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE,
    set_by UUID,
    set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_visit_policy PRIMARY KEY (id),
    CONSTRAINT uq_visit_policy_community_id_colour_starts_on UNIQUE (community_id, colour, starts_on),
    CONSTRAINT ck_visit_policy_in_order CHECK (ends_on is null or ends_on > starts_on),
    CONSTRAINT ck_visit_policy_grace CHECK (grace_days between 0 and 31),
    CONSTRAINT fk_visit_policy_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT ck_visit_policy_colour CHECK (colour IN ('RED', 'ORANGE', 'YELLOW', 'GREEN', 'CYAN', 'BLUE')),
    CONSTRAINT ck_visit_policy_period CHECK (period IN ('DAY', 'WEEK', 'MONTH')),
    CONSTRAINT fk_visit_policy_set_by FOREIGN KEY(set_by) REFERENCES account (id)
);

CREATE UNIQUE INDEX uq_visit_policy_current ON visit_policy (community_id, colour) WHERE ends_on is null;

CREATE TABLE site_post (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    account_id UUID NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE,
    given_by UUID,
    CONSTRAINT pk_site_post PRIMARY KEY (id),
    CONSTRAINT ck_site_post_in_order CHECK (ends_on is null or ends_on >= starts_on),
    CONSTRAINT fk_site_post_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT fk_site_post_account_id FOREIGN KEY(account_id) REFERENCES account (id),
    CONSTRAINT fk_site_post_given_by FOREIGN KEY(given_by) REFERENCES account (id)
);

CREATE INDEX ix_site_post_account_id ON site_post (account_id);

CREATE INDEX ix_site_post_community ON site_post (community_id, starts_on, id);

CREATE TABLE category_policy (
    community_id UUID NOT NULL,
    category VARCHAR(40) NOT NULL,
    organisation_id UUID,
    CONSTRAINT pk_category_policy PRIMARY KEY (community_id, category),
    CONSTRAINT fk_category_policy_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT ck_category_policy_appeal_category CHECK (category IN ('HEATING', 'WATER', 'ELECTRICITY', 'PROPERTY_SERVICE', 'NOISE', 'PARKING', 'SANITATION', 'SAFETY', 'CERTIFICATE', 'CARE', 'OTHER')),
    CONSTRAINT fk_category_policy_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);

CREATE TABLE party_branch (
    id UUID DEFAULT uuidv7() NOT NULL,
    estate_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    phone TEXT COLLATE "C",
    CONSTRAINT pk_party_branch PRIMARY KEY (id),
    CONSTRAINT uq_party_branch_estate_id UNIQUE (estate_id),
    CONSTRAINT fk_party_branch_estate_id FOREIGN KEY(estate_id) REFERENCES estate (id)
);

CREATE TABLE grid (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    estate_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_grid PRIMARY KEY (id),
    CONSTRAINT fk_grid_estate FOREIGN KEY(estate_id, community_id) REFERENCES estate (id, community_id),
    CONSTRAINT uq_grid_estate_id_name UNIQUE (estate_id, name),
    CONSTRAINT uq_grid_community UNIQUE (id, community_id)
);

CREATE INDEX ix_grid_community ON grid (community_id, name, id);

CREATE TABLE building (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    estate_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    number INTEGER NOT NULL,
    units INTEGER NOT NULL,
    floors INTEGER NOT NULL,
    CONSTRAINT pk_building PRIMARY KEY (id),
    CONSTRAINT fk_building_grid FOREIGN KEY(grid_id, community_id) REFERENCES grid (id, community_id),
    CONSTRAINT uq_building_estate_id_number UNIQUE (estate_id, number),
    CONSTRAINT uq_building_grid UNIQUE (id, grid_id),
    CONSTRAINT ck_building_positive CHECK (number > 0 and units > 0 and floors > 0),
    CONSTRAINT fk_building_estate_id FOREIGN KEY(estate_id) REFERENCES estate (id)
);

CREATE INDEX ix_building_grid ON building (grid_id, number, id);

CREATE INDEX ix_building_community ON building (community_id, number, id);

CREATE TABLE premises (
    id UUID DEFAULT uuidv7() NOT NULL,
    grid_id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    contact_name TEXT COLLATE "C",
    contact_phone TEXT COLLATE "C",
    CONSTRAINT pk_premises PRIMARY KEY (id),
    CONSTRAINT fk_premises_grid_id FOREIGN KEY(grid_id) REFERENCES grid (id),
    CONSTRAINT ck_premises_premises_kind CHECK (kind IN ('ENTERPRISE', 'SHOP', 'CONSTRUCTION_SITE'))
);

CREATE INDEX ix_premises_grid ON premises (grid_id, kind, name, id);

CREATE TABLE roster_shift (
    id UUID DEFAULT uuidv7() NOT NULL,
    week_id UUID NOT NULL,
    day DATE NOT NULL,
    account_id UUID NOT NULL,
    post VARCHAR(40) NOT NULL,
    party_branch_id UUID,
    reason TEXT COLLATE "C",
    CONSTRAINT pk_roster_shift PRIMARY KEY (id),
    CONSTRAINT uq_roster_shift_account_id_day UNIQUE (account_id, day),
    CONSTRAINT ck_roster_shift_branch CHECK ((post = 'RECEPTION') = (party_branch_id is not null)),
    CONSTRAINT ck_roster_shift_absent CHECK ((post = 'ABSENT') = (reason is not null)),
    CONSTRAINT fk_roster_shift_week_id FOREIGN KEY(week_id) REFERENCES roster_week (id),
    CONSTRAINT fk_roster_shift_account_id FOREIGN KEY(account_id) REFERENCES account (id),
    CONSTRAINT ck_roster_shift_duty_post CHECK (post IN ('HALL', 'RECEPTION', 'OUTREACH', 'ABSENT')),
    CONSTRAINT fk_roster_shift_party_branch_id FOREIGN KEY(party_branch_id) REFERENCES party_branch (id)
);

CREATE INDEX ix_roster_shift_branch ON roster_shift (party_branch_id, day);

CREATE INDEX ix_roster_shift_week ON roster_shift (week_id, day, post, id);

CREATE TABLE assignment (
    id UUID DEFAULT uuidv7() NOT NULL,
    account_id UUID NOT NULL,
    community_id UUID NOT NULL,
    estate_id UUID,
    grid_id UUID,
    building_id UUID,
    organisation_id UUID,
    stands_in_for UUID,
    starts_on DATE NOT NULL,
    ends_on DATE,
    CONSTRAINT pk_assignment PRIMARY KEY (id),
    CONSTRAINT ck_assignment_stand_in CHECK (stands_in_for is null or (grid_id is not null and ends_on is not null)),
    CONSTRAINT ck_assignment_one_place CHECK (num_nonnulls(estate_id, grid_id, building_id, organisation_id) <= 1),
    CONSTRAINT ck_assignment_in_order CHECK (ends_on is null or ends_on >= starts_on),
    CONSTRAINT fk_assignment_account_id FOREIGN KEY(account_id) REFERENCES account (id),
    CONSTRAINT fk_assignment_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT fk_assignment_estate_id FOREIGN KEY(estate_id) REFERENCES estate (id),
    CONSTRAINT fk_assignment_grid_id FOREIGN KEY(grid_id) REFERENCES grid (id),
    CONSTRAINT fk_assignment_building_id FOREIGN KEY(building_id) REFERENCES building (id),
    CONSTRAINT fk_assignment_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT fk_assignment_stands_in_for FOREIGN KEY(stands_in_for) REFERENCES account (id)
);

CREATE INDEX ix_assignment_stands_in_for ON assignment (stands_in_for);

CREATE INDEX ix_assignment_grid_id ON assignment (grid_id);

CREATE INDEX ix_assignment_community_id ON assignment (community_id);

CREATE INDEX ix_assignment_account ON assignment (account_id);

CREATE TABLE incident (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    building_id UUID NOT NULL,
    unit INTEGER,
    category VARCHAR(40) NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    made_by UUID NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_incident PRIMARY KEY (id),
    CONSTRAINT fk_incident_grid FOREIGN KEY(grid_id, community_id) REFERENCES grid (id, community_id),
    CONSTRAINT fk_incident_building_id FOREIGN KEY(building_id) REFERENCES building (id),
    CONSTRAINT ck_incident_appeal_category CHECK (category IN ('HEATING', 'WATER', 'ELECTRICITY', 'PROPERTY_SERVICE', 'NOISE', 'PARKING', 'SANITATION', 'SAFETY', 'CERTIFICATE', 'CARE', 'OTHER')),
    CONSTRAINT fk_incident_made_by FOREIGN KEY(made_by) REFERENCES account (id)
);

CREATE INDEX ix_incident_building_id ON incident (building_id);

CREATE INDEX ix_incident_grid ON incident (grid_id, made_at, id);

CREATE TABLE help_call (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    building_id UUID,
    unit INTEGER,
    what TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    colours TEXT[] NOT NULL,
    skill TEXT COLLATE "C",
    raised_by UUID NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_by UUID,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_help_call PRIMARY KEY (id),
    CONSTRAINT fk_help_call_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT fk_help_call_grid_id FOREIGN KEY(grid_id) REFERENCES grid (id),
    CONSTRAINT fk_help_call_building_id FOREIGN KEY(building_id) REFERENCES building (id),
    CONSTRAINT fk_help_call_raised_by FOREIGN KEY(raised_by) REFERENCES account (id),
    CONSTRAINT fk_help_call_closed_by FOREIGN KEY(closed_by) REFERENCES account (id)
);

CREATE INDEX ix_help_call_grid ON help_call (grid_id, raised_at, id);

CREATE TABLE household (
    id UUID DEFAULT uuidv7() NOT NULL,
    building_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    unit INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    room TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_household PRIMARY KEY (id),
    CONSTRAINT fk_household_building FOREIGN KEY(building_id, grid_id) REFERENCES building (id, grid_id) ON UPDATE CASCADE,
    CONSTRAINT uq_household_building_id_unit_room UNIQUE (building_id, unit, room),
    CONSTRAINT uq_household_home UNIQUE (id, building_id, grid_id)
);

CREATE INDEX ix_household_walk ON household (building_id, unit, floor, room, id);

CREATE INDEX ix_household_grid ON household (grid_id, building_id, unit, floor, room, id);

CREATE TABLE qr_code (
    id UUID DEFAULT uuidv7() NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    target VARCHAR(40) NOT NULL,
    community_id UUID NOT NULL,
    building_id UUID,
    household_id UUID,
    label TEXT COLLATE "C" NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    issued_by UUID,
    replaces_id UUID,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revoked_by UUID,
    reason TEXT COLLATE "C",
    CONSTRAINT pk_qr_code PRIMARY KEY (id),
    CONSTRAINT uq_qr_code_code UNIQUE (code),
    CONSTRAINT ck_qr_code_revoked CHECK (revoked_at is not null or num_nonnulls(revoked_by, reason) = 0),
    CONSTRAINT ck_qr_code_bound CHECK ((target = 'HOUSEHOLD') = (household_id is not null) and (target = 'BUILDING') = (building_id is not null)),
    CONSTRAINT ck_qr_code_qr_target CHECK (target IN ('HOUSEHOLD', 'BUILDING', 'COUNTER')),
    CONSTRAINT fk_qr_code_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT fk_qr_code_building_id FOREIGN KEY(building_id) REFERENCES building (id),
    CONSTRAINT fk_qr_code_household_id FOREIGN KEY(household_id) REFERENCES household (id),
    CONSTRAINT fk_qr_code_issued_by FOREIGN KEY(issued_by) REFERENCES account (id),
    CONSTRAINT fk_qr_code_replaces_id FOREIGN KEY(replaces_id) REFERENCES qr_code (id),
    CONSTRAINT fk_qr_code_revoked_by FOREIGN KEY(revoked_by) REFERENCES account (id)
);

CREATE UNIQUE INDEX uq_qr_code_live_household ON qr_code (household_id) WHERE revoked_at is null;

CREATE UNIQUE INDEX uq_qr_code_live_building ON qr_code (building_id) WHERE revoked_at is null;

CREATE INDEX ix_qr_code_household ON qr_code (household_id);

CREATE INDEX ix_qr_code_building ON qr_code (building_id);

CREATE UNIQUE INDEX uq_qr_code_replaces ON qr_code (replaces_id);

CREATE INDEX ix_qr_code_issued ON qr_code (issued_at, id);

CREATE TABLE resident (
    id UUID DEFAULT uuidv7() NOT NULL,
    household_id UUID NOT NULL,
    building_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    sex VARCHAR(40) NOT NULL,
    born_on DATE,
    phone TEXT COLLATE "C",
    id_number_sealed BYTEA,
    id_number_index BYTEA,
    id_number_tail TEXT COLLATE "C",
    left_on DATE,
    merged_into UUID,
    CONSTRAINT pk_resident PRIMARY KEY (id),
    CONSTRAINT fk_resident_home FOREIGN KEY(household_id, building_id, grid_id) REFERENCES household (id, building_id, grid_id) ON UPDATE CASCADE,
    CONSTRAINT ck_resident_id_number CHECK (num_nonnulls(id_number_sealed, id_number_index, id_number_tail) in (0, 3)),
    CONSTRAINT ck_resident_sex CHECK (sex IN ('FEMALE', 'MALE')),
    CONSTRAINT fk_resident_merged_into FOREIGN KEY(merged_into) REFERENCES resident (id)
);

CREATE UNIQUE INDEX uq_resident_id_number ON resident (id_number_index) WHERE id_number_index is not null and merged_into is null;

CREATE INDEX ix_resident_name ON resident (name, id);

CREATE INDEX ix_resident_household ON resident (household_id, id);

CREATE INDEX ix_resident_living ON resident (grid_id, id) WHERE left_on is null and merged_into is null;

CREATE INDEX ix_resident_building ON resident (building_id, id);

CREATE INDEX ix_resident_merged_into ON resident (merged_into);

CREATE INDEX ix_resident_grid ON resident (grid_id, id);

CREATE TABLE visit (
    id UUID DEFAULT uuidv7() NOT NULL,
    household_id UUID NOT NULL,
    building_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    worker_id UUID NOT NULL,
    mode VARCHAR(40) NOT NULL,
    note TEXT COLLATE "C",
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_visit PRIMARY KEY (id),
    CONSTRAINT fk_visit_home FOREIGN KEY(household_id, building_id, grid_id) REFERENCES household (id, building_id, grid_id) ON UPDATE CASCADE,
    CONSTRAINT uq_visit_reach UNIQUE (id, household_id, mode, occurred_at),
    CONSTRAINT fk_visit_worker_id FOREIGN KEY(worker_id) REFERENCES account (id),
    CONSTRAINT ck_visit_visit_mode CHECK (mode IN ('HOME_VISIT', 'PHONE', 'ONLINE'))
);

CREATE INDEX ix_visit_worker ON visit (worker_id, occurred_at, id);

CREATE INDEX ix_visit_grid ON visit (grid_id, occurred_at, id);

CREATE INDEX ix_visit_household ON visit (household_id, occurred_at, id);

CREATE INDEX ix_visit_occurred ON visit (occurred_at, id);

CREATE TABLE alert (
    id UUID DEFAULT uuidv7() NOT NULL,
    resident_id UUID NOT NULL,
    household_id UUID NOT NULL,
    building_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    community_id UUID NOT NULL,
    day DATE NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    acknowledged_by UUID,
    acknowledged_at TIMESTAMP WITH TIME ZONE,
    note TEXT COLLATE "C",
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_alert PRIMARY KEY (id),
    CONSTRAINT fk_alert_home FOREIGN KEY(household_id, building_id, grid_id) REFERENCES household (id, building_id, grid_id) ON UPDATE CASCADE,
    CONSTRAINT uq_alert_resident_id_day UNIQUE (resident_id, day),
    CONSTRAINT ck_alert_acknowledged CHECK (acknowledged_by is null or acknowledged_at is not null),
    CONSTRAINT fk_alert_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT fk_alert_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT fk_alert_acknowledged_by FOREIGN KEY(acknowledged_by) REFERENCES account (id)
);

CREATE INDEX ix_alert_grid ON alert (grid_id, raised_at, id);

CREATE INDEX ix_alert_building ON alert (building_id, raised_at, id);

CREATE INDEX ix_alert_open ON alert (raised_at) WHERE acknowledged_at is null and ended_at is null;

CREATE TABLE appeal (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    building_id UUID,
    unit INTEGER,
    household_id UUID,
    resident_id UUID,
    reporter_name TEXT COLLATE "C",
    reporter_phone TEXT COLLATE "C",
    source VARCHAR(40) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    report_kind VARCHAR(40),
    category VARCHAR(40) NOT NULL,
    urgency VARCHAR(40) NOT NULL,
    level VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C",
    rating INTEGER,
    organisation_id UUID,
    registered_by UUID,
    handled_by UUID,
    visit_id UUID,
    from_report_id UUID,
    receipt_code TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    answered_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by_silence BOOLEAN NOT NULL,
    reopen_until TIMESTAMP WITH TIME ZONE,
    rejected_at TIMESTAMP WITH TIME ZONE,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    turn_to TEXT COLLATE "C",
    clock_policy_id UUID,
    response_due_at TIMESTAMP WITH TIME ZONE,
    resolution_due_at TIMESTAMP WITH TIME ZONE,
    paused_until TIMESTAMP WITH TIME ZONE,
    pause_reason TEXT COLLATE "C",
    escalated_at TIMESTAMP WITH TIME ZONE,
    objections INTEGER NOT NULL,
    dispatch_id UUID,
    incident_id UUID,
    CONSTRAINT pk_appeal PRIMARY KEY (id),
    CONSTRAINT fk_appeal_grid FOREIGN KEY(grid_id, community_id) REFERENCES grid (id, community_id),
    CONSTRAINT ck_appeal_rejected CHECK ((status = 'REJECTED') = (rejected_at is not null)),
    CONSTRAINT ck_appeal_withdrawn CHECK ((status = 'WITHDRAWN') = (withdrawn_at is not null)),
    CONSTRAINT ck_appeal_paused CHECK ((paused_until is null) = (pause_reason is null)),
    CONSTRAINT ck_appeal_due CHECK ((response_due_at is null) = (resolution_due_at is null)),
    CONSTRAINT ck_appeal_objections CHECK (objections >= 0),
    CONSTRAINT uq_appeal_receipt_code UNIQUE (receipt_code),
    CONSTRAINT ck_appeal_reported CHECK ((kind = 'REPORT') = (report_kind is not null)),
    CONSTRAINT ck_appeal_rating CHECK (rating between 1 and 5),
    CONSTRAINT ck_appeal_closed CHECK ((status = 'CLOSED') = (closed_at is not null)),
    CONSTRAINT fk_appeal_building_id FOREIGN KEY(building_id) REFERENCES building (id),
    CONSTRAINT fk_appeal_household_id FOREIGN KEY(household_id) REFERENCES household (id),
    CONSTRAINT fk_appeal_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT ck_appeal_appeal_source CHECK (source IN ('QR_HOME', 'QR_COUNTER', 'DESK', 'PHONE', 'VISIT', 'BUILDING_HEAD', 'APP')),
    CONSTRAINT ck_appeal_appeal_kind CHECK (kind IN ('PROBLEM', 'HELP', 'INQUIRY', 'REPORT')),
    CONSTRAINT ck_appeal_report_kind CHECK (report_kind IN ('MOVE_IN', 'MOVE_OUT', 'BLOCKED_CORRIDOR', 'NEIGHBOUR_DISPUTE', 'OTHER')),
    CONSTRAINT ck_appeal_appeal_category CHECK (category IN ('HEATING', 'WATER', 'ELECTRICITY', 'PROPERTY_SERVICE', 'NOISE', 'PARKING', 'SANITATION', 'SAFETY', 'CERTIFICATE', 'CARE', 'OTHER')),
    CONSTRAINT ck_appeal_appeal_urgency CHECK (urgency IN ('NORMAL', 'URGENT')),
    CONSTRAINT ck_appeal_appeal_level CHECK (level IN ('GRID', 'COMMUNITY', 'FARM')),
    CONSTRAINT ck_appeal_appeal_status CHECK (status IN ('SUBMITTED', 'ACCEPTED', 'DISPATCHED', 'IN_PROGRESS', 'AWAITING_CONFIRMATION', 'CLOSED', 'REJECTED', 'WITHDRAWN')),
    CONSTRAINT fk_appeal_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT fk_appeal_registered_by FOREIGN KEY(registered_by) REFERENCES account (id),
    CONSTRAINT fk_appeal_handled_by FOREIGN KEY(handled_by) REFERENCES account (id),
    CONSTRAINT fk_appeal_visit_id FOREIGN KEY(visit_id) REFERENCES visit (id),
    CONSTRAINT fk_appeal_from_report_id FOREIGN KEY(from_report_id) REFERENCES appeal (id),
    CONSTRAINT fk_appeal_clock_policy_id FOREIGN KEY(clock_policy_id) REFERENCES clock_policy (id),
    CONSTRAINT fk_appeal_incident_id FOREIGN KEY(incident_id) REFERENCES incident (id)
);

CREATE INDEX ix_appeal_incident_id ON appeal (incident_id);

CREATE INDEX ix_appeal_grid_closed ON appeal (grid_id, closed_at, id);

CREATE INDEX ix_appeal_dispatch_id ON appeal (dispatch_id);

CREATE INDEX ix_appeal_awaiting ON appeal (answered_at, id) WHERE status = 'AWAITING_CONFIRMATION';

CREATE INDEX ix_appeal_household ON appeal (household_id, opened_at, id);

CREATE INDEX ix_appeal_grid_status ON appeal (grid_id, status, opened_at, id);

CREATE INDEX ix_appeal_opened ON appeal (opened_at, id);

CREATE INDEX ix_appeal_building ON appeal (building_id, opened_at, id);

CREATE INDEX ix_appeal_visit_id ON appeal (visit_id);

CREATE INDEX ix_appeal_unanswered ON appeal (response_due_at, id) WHERE status = 'SUBMITTED';

CREATE UNIQUE INDEX uq_appeal_from_report ON appeal (from_report_id);

CREATE INDEX ix_appeal_grid ON appeal (grid_id, opened_at, id);

CREATE INDEX ix_appeal_registered ON appeal (registered_by, opened_at, id);

CREATE INDEX ix_appeal_due ON appeal (resolution_due_at, id) WHERE status in ('SUBMITTED', 'ACCEPTED', 'DISPATCHED', 'IN_PROGRESS');

CREATE INDEX ix_appeal_resident ON appeal (resident_id, opened_at, id);

CREATE TABLE duty_pause (
    id UUID DEFAULT uuidv7() NOT NULL,
    household_id UUID NOT NULL,
    building_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    resident_id UUID,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    set_by UUID NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_duty_pause PRIMARY KEY (id),
    CONSTRAINT fk_duty_pause_home FOREIGN KEY(household_id, building_id, grid_id) REFERENCES household (id, building_id, grid_id) ON UPDATE CASCADE,
    CONSTRAINT ck_duty_pause_in_order CHECK (ends_on >= starts_on - 1),
    CONSTRAINT fk_duty_pause_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT fk_duty_pause_set_by FOREIGN KEY(set_by) REFERENCES account (id)
);

CREATE INDEX ix_duty_pause_household ON duty_pause (household_id, starts_on, id);

CREATE INDEX ix_duty_pause_resident ON duty_pause (resident_id, starts_on);

CREATE TABLE residency (
    id UUID DEFAULT uuidv7() NOT NULL,
    resident_id UUID NOT NULL,
    household_id UUID NOT NULL,
    building_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    moved_in_on DATE NOT NULL,
    moved_out_on DATE,
    recorded_by UUID,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_residency PRIMARY KEY (id),
    CONSTRAINT fk_residency_home FOREIGN KEY(household_id, building_id, grid_id) REFERENCES household (id, building_id, grid_id) ON UPDATE CASCADE,
    CONSTRAINT ck_residency_in_order CHECK (moved_out_on is null or moved_out_on >= moved_in_on),
    CONSTRAINT fk_residency_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT fk_residency_recorded_by FOREIGN KEY(recorded_by) REFERENCES account (id)
);

CREATE UNIQUE INDEX uq_residency_current ON residency (resident_id) WHERE moved_out_on is null;

CREATE INDEX ix_residency_resident ON residency (resident_id, moved_in_on);

CREATE INDEX ix_residency_grid ON residency (grid_id, resident_id);

CREATE INDEX ix_residency_household ON residency (household_id, moved_in_on, id);

CREATE TABLE resident_colour (
    id UUID DEFAULT uuidv7() NOT NULL,
    resident_id UUID NOT NULL,
    colour VARCHAR(40) NOT NULL,
    set_by UUID,
    set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    reason TEXT COLLATE "C",
    removed_by UUID,
    removed_at TIMESTAMP WITH TIME ZONE,
    removed_reason TEXT COLLATE "C",
    CONSTRAINT pk_resident_colour PRIMARY KEY (id),
    CONSTRAINT ck_resident_colour_in_order CHECK (removed_at is null or removed_at >= set_at),
    CONSTRAINT fk_resident_colour_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT ck_resident_colour_colour CHECK (colour IN ('RED', 'ORANGE', 'YELLOW', 'GREEN', 'CYAN', 'BLUE')),
    CONSTRAINT fk_resident_colour_set_by FOREIGN KEY(set_by) REFERENCES account (id),
    CONSTRAINT fk_resident_colour_removed_by FOREIGN KEY(removed_by) REFERENCES account (id)
);

CREATE UNIQUE INDEX uq_resident_colour_held ON resident_colour (resident_id, colour) WHERE removed_at is null;

CREATE INDEX ix_resident_colour_resident ON resident_colour (resident_id, set_at, id);

CREATE INDEX ix_resident_colour_colour ON resident_colour (colour, resident_id);

CREATE TABLE resident_merge (
    id UUID DEFAULT uuidv7() NOT NULL,
    kept_id UUID NOT NULL,
    merged_id UUID NOT NULL,
    moved JSONB NOT NULL,
    merged_by UUID NOT NULL,
    merged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    undone_by UUID,
    undone_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_resident_merge PRIMARY KEY (id),
    CONSTRAINT ck_resident_merge_two CHECK (kept_id <> merged_id),
    CONSTRAINT ck_resident_merge_undone CHECK ((undone_at is null) = (undone_by is null)),
    CONSTRAINT fk_resident_merge_kept_id FOREIGN KEY(kept_id) REFERENCES resident (id),
    CONSTRAINT fk_resident_merge_merged_id FOREIGN KEY(merged_id) REFERENCES resident (id),
    CONSTRAINT fk_resident_merge_merged_by FOREIGN KEY(merged_by) REFERENCES account (id),
    CONSTRAINT fk_resident_merge_undone_by FOREIGN KEY(undone_by) REFERENCES account (id)
);

CREATE INDEX ix_resident_merge_merged_id ON resident_merge (merged_id);

CREATE INDEX ix_resident_merge_kept_id ON resident_merge (kept_id);

CREATE TABLE visit_resident (
    visit_id UUID NOT NULL,
    resident_id UUID NOT NULL,
    household_id UUID NOT NULL,
    mode VARCHAR(40) NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_visit_resident PRIMARY KEY (visit_id, resident_id),
    CONSTRAINT fk_visit_resident_visit FOREIGN KEY(visit_id, household_id, mode, occurred_at) REFERENCES visit (id, household_id, mode, occurred_at),
    CONSTRAINT fk_visit_resident_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT ck_visit_resident_visit_mode CHECK (mode IN ('HOME_VISIT', 'PHONE', 'ONLINE'))
);

CREATE INDEX ix_visit_resident_resident ON visit_resident (resident_id, occurred_at, mode);

CREATE INDEX ix_visit_resident_household ON visit_resident (household_id, occurred_at, mode);

CREATE TABLE wish (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    building_id UUID,
    unit INTEGER,
    household_id UUID,
    resident_id UUID,
    wisher_name TEXT COLLATE "C",
    wisher_phone TEXT COLLATE "C",
    receipt_code TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    status VARCHAR(40) NOT NULL,
    proposed_by UUID,
    proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    published_text TEXT COLLATE "C",
    published_by UUID,
    published_at TIMESTAMP WITH TIME ZONE,
    claimant VARCHAR(40),
    volunteer_name TEXT COLLATE "C",
    volunteer_phone TEXT COLLATE "C",
    organisation_id UUID,
    party_branch_id UUID,
    claimed_by UUID,
    claimed_at TIMESTAMP WITH TIME ZONE,
    fulfilled_at TIMESTAMP WITH TIME ZONE,
    declined_at TIMESTAMP WITH TIME ZONE,
    decline_reason TEXT COLLATE "C",
    CONSTRAINT pk_wish PRIMARY KEY (id),
    CONSTRAINT fk_wish_grid FOREIGN KEY(grid_id, community_id) REFERENCES grid (id, community_id),
    CONSTRAINT uq_wish_receipt_code UNIQUE (receipt_code),
    CONSTRAINT ck_wish_published CHECK ((published_text is null) = (published_at is null)),
    CONSTRAINT ck_wish_on_wall CHECK (status not in ('PUBLISHED', 'CLAIMED', 'FULFILLED') or published_text is not null),
    CONSTRAINT ck_wish_claimed CHECK ((status in ('CLAIMED', 'FULFILLED')) = (claimant is not null)),
    CONSTRAINT ck_wish_claimed_at CHECK ((claimant is null) = (claimed_at is null)),
    CONSTRAINT ck_wish_volunteer CHECK ((coalesce(claimant, '') = 'VOLUNTEER') = (volunteer_name is not null)),
    CONSTRAINT ck_wish_organisation CHECK ((coalesce(claimant, '') = 'ORGANISATION') = (organisation_id is not null)),
    CONSTRAINT ck_wish_party_branch CHECK ((coalesce(claimant, '') = 'PARTY_BRANCH') = (party_branch_id is not null)),
    CONSTRAINT ck_wish_fulfilled CHECK ((status = 'FULFILLED') = (fulfilled_at is not null)),
    CONSTRAINT ck_wish_declined CHECK ((status = 'DECLINED') = (decline_reason is not null)),
    CONSTRAINT fk_wish_building_id FOREIGN KEY(building_id) REFERENCES building (id),
    CONSTRAINT fk_wish_household_id FOREIGN KEY(household_id) REFERENCES household (id),
    CONSTRAINT fk_wish_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT ck_wish_wish_status CHECK (status IN ('PROPOSED', 'PUBLISHED', 'CLAIMED', 'FULFILLED', 'DECLINED')),
    CONSTRAINT fk_wish_proposed_by FOREIGN KEY(proposed_by) REFERENCES account (id),
    CONSTRAINT fk_wish_published_by FOREIGN KEY(published_by) REFERENCES account (id),
    CONSTRAINT ck_wish_claimant CHECK (claimant IN ('VOLUNTEER', 'ORGANISATION', 'PARTY_BRANCH')),
    CONSTRAINT fk_wish_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT fk_wish_party_branch_id FOREIGN KEY(party_branch_id) REFERENCES party_branch (id),
    CONSTRAINT fk_wish_claimed_by FOREIGN KEY(claimed_by) REFERENCES account (id)
);

CREATE INDEX ix_wish_grid ON wish (grid_id, proposed_at, id);

CREATE INDEX ix_wish_resident ON wish (resident_id, id);

CREATE INDEX ix_wish_wall ON wish (published_at, id) WHERE published_at is not null;

CREATE INDEX ix_wish_household ON wish (household_id, id);

CREATE TABLE alert_rung (
    alert_id UUID NOT NULL,
    rung VARCHAR(40) NOT NULL,
    rung_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_alert_rung PRIMARY KEY (alert_id, rung),
    CONSTRAINT fk_alert_rung_alert_id FOREIGN KEY(alert_id) REFERENCES alert (id),
    CONSTRAINT ck_alert_rung_rung CHECK (rung IN ('BUILDING_HEAD', 'NEIGHBOURS', 'COMMUNITY'))
);

CREATE TABLE dispatch (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    incident_id UUID,
    appeal_id UUID,
    status VARCHAR(40) NOT NULL,
    note TEXT COLLATE "C",
    dispatched_by UUID NOT NULL,
    dispatched_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_by UUID,
    answered_at TIMESTAMP WITH TIME ZONE,
    reason TEXT COLLATE "C",
    CONSTRAINT pk_dispatch PRIMARY KEY (id),
    CONSTRAINT fk_dispatch_grid FOREIGN KEY(grid_id, community_id) REFERENCES grid (id, community_id),
    CONSTRAINT ck_dispatch_one_matter CHECK (num_nonnulls(appeal_id, incident_id) = 1),
    CONSTRAINT ck_dispatch_answered CHECK ((status = 'PENDING') = (answered_at is null)),
    CONSTRAINT ck_dispatch_reason CHECK ((status in ('OBJECTED', 'RECALLED')) = (reason is not null)),
    CONSTRAINT fk_dispatch_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT fk_dispatch_incident_id FOREIGN KEY(incident_id) REFERENCES incident (id),
    CONSTRAINT fk_dispatch_appeal_id FOREIGN KEY(appeal_id) REFERENCES appeal (id),
    CONSTRAINT ck_dispatch_dispatch_status CHECK (status IN ('PENDING', 'ACCEPTED', 'OBJECTED', 'RECALLED')),
    CONSTRAINT fk_dispatch_dispatched_by FOREIGN KEY(dispatched_by) REFERENCES account (id),
    CONSTRAINT fk_dispatch_answered_by FOREIGN KEY(answered_by) REFERENCES account (id)
);

CREATE INDEX ix_dispatch_incident_id ON dispatch (incident_id);

CREATE INDEX ix_dispatch_organisation ON dispatch (organisation_id, dispatched_at, id);

CREATE INDEX ix_dispatch_appeal_id ON dispatch (appeal_id);

CREATE INDEX ix_dispatch_grid ON dispatch (grid_id, dispatched_at, id);

CREATE TABLE invitation (
    id UUID DEFAULT uuidv7() NOT NULL,
    grid_id UUID NOT NULL,
    call_id UUID,
    alert_id UUID,
    resident_id UUID NOT NULL,
    answer_code TEXT COLLATE "C" NOT NULL,
    invited_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answer VARCHAR(40),
    answered_at TIMESTAMP WITH TIME ZONE,
    answered_by UUID,
    CONSTRAINT pk_invitation PRIMARY KEY (id),
    CONSTRAINT uq_invitation_answer_code UNIQUE (answer_code),
    CONSTRAINT ck_invitation_one_reason CHECK (num_nonnulls(call_id, alert_id) = 1),
    CONSTRAINT ck_invitation_answered CHECK ((answer is null) = (answered_at is null)),
    CONSTRAINT fk_invitation_grid_id FOREIGN KEY(grid_id) REFERENCES grid (id),
    CONSTRAINT fk_invitation_call_id FOREIGN KEY(call_id) REFERENCES help_call (id),
    CONSTRAINT fk_invitation_alert_id FOREIGN KEY(alert_id) REFERENCES alert (id),
    CONSTRAINT fk_invitation_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT ck_invitation_call_answer CHECK (answer IN ('COMING', 'CANNOT')),
    CONSTRAINT fk_invitation_answered_by FOREIGN KEY(answered_by) REFERENCES account (id)
);

CREATE INDEX ix_invitation_resident ON invitation (resident_id, id);

CREATE INDEX ix_invitation_call ON invitation (call_id, id);

CREATE INDEX ix_invitation_alert ON invitation (alert_id, id);

CREATE TABLE dispute (
    id UUID DEFAULT uuidv7() NOT NULL,
    community_id UUID NOT NULL,
    grid_id UUID NOT NULL,
    type VARCHAR(40) NOT NULL,
    origin VARCHAR(40) NOT NULL,
    referred_by TEXT COLLATE "C",
    level VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    registered_by UUID,
    mediator_id UUID,
    visit_id UUID,
    from_report_id UUID,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE,
    mediate_by DATE,
    mediation_days INTEGER,
    end_reason TEXT COLLATE "C",
    told_court BOOLEAN DEFAULT false NOT NULL,
    told_arbitration BOOLEAN DEFAULT false NOT NULL,
    told_administrative BOOLEAN DEFAULT false NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    evidence_count INTEGER DEFAULT 0 NOT NULL,
    evidence_head BYTEA,
    CONSTRAINT pk_dispute PRIMARY KEY (id),
    CONSTRAINT fk_dispute_grid FOREIGN KEY(grid_id, community_id) REFERENCES grid (id, community_id),
    CONSTRAINT ck_dispute_closed CHECK ((status in ('REPORTED', 'MEDIATING')) = (closed_at is null)),
    CONSTRAINT ck_dispute_begun CHECK ((begun_at is null) = (mediate_by is null)),
    CONSTRAINT ck_dispute_limit CHECK ((begun_at is null) = (mediation_days is null)),
    CONSTRAINT ck_dispute_told CHECK ((status = 'FAILED') = (told_court or told_arbitration or told_administrative)),
    CONSTRAINT ck_dispute_referred CHECK ((origin = 'REFERRED') = (referred_by is not null)),
    CONSTRAINT ck_dispute_dispute_type CHECK (type IN ('MARRIAGE_FAMILY', 'NEIGHBOUR', 'HOUSING_LAND', 'CONTRACT', 'PRODUCTION_BUSINESS', 'DAMAGES', 'FOREST_LAND', 'LAND_ACQUISITION', 'ENVIRONMENT', 'WAGE_ARREARS', 'OTHER_LABOUR', 'TOURISM', 'E_COMMERCE', 'OTHER_CONSUMER', 'MEDICAL', 'TRAFFIC', 'PROPERTY_MANAGEMENT', 'OTHER')),
    CONSTRAINT ck_dispute_dispute_origin CHECK (origin IN ('PROACTIVE', 'APPLIED', 'REFERRED')),
    CONSTRAINT ck_dispute_dispute_level CHECK (level IN ('GRID', 'COMMUNITY', 'JOINT', 'CENTRE')),
    CONSTRAINT ck_dispute_dispute_status CHECK (status IN ('REPORTED', 'MEDIATING', 'AGREED', 'PERFORMED', 'BREACHED', 'FAILED', 'REFUSED', 'WITHDRAWN')),
    CONSTRAINT fk_dispute_registered_by FOREIGN KEY(registered_by) REFERENCES account (id),
    CONSTRAINT fk_dispute_mediator_id FOREIGN KEY(mediator_id) REFERENCES account (id),
    CONSTRAINT fk_dispute_visit_id FOREIGN KEY(visit_id) REFERENCES visit (id),
    CONSTRAINT fk_dispute_from_report_id FOREIGN KEY(from_report_id) REFERENCES appeal (id)
);

CREATE INDEX ix_dispute_opened ON dispute (opened_at, id);

CREATE UNIQUE INDEX uq_dispute_from_report ON dispute (from_report_id);

CREATE INDEX ix_dispute_visit_id ON dispute (visit_id);

CREATE INDEX ix_dispute_grid ON dispute (grid_id, opened_at, id);

CREATE TABLE agreement (
    id UUID DEFAULT uuidv7() NOT NULL,
    dispute_id UUID NOT NULL,
    form VARCHAR(40) NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C",
    performance TEXT COLLATE "C",
    due_on DATE,
    reached_at TIMESTAMP WITH TIME ZONE NOT NULL,
    parties_signed_on DATE,
    mediator_signed_on DATE,
    sealed_on DATE,
    effective_on DATE,
    wrote_at TIMESTAMP WITH TIME ZONE,
    confirmation_applied_on DATE,
    confirmation_result VARCHAR(40),
    confirmation_number TEXT COLLATE "C",
    recorded_by UUID,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_agreement PRIMARY KEY (id),
    CONSTRAINT uq_agreement_dispute_id UNIQUE (dispute_id),
    CONSTRAINT ck_agreement_confirmation_applied CHECK (confirmation_result is null or confirmation_applied_on is not null),
    CONSTRAINT ck_agreement_written_content CHECK (form = 'ORAL' or (facts is not null and performance is not null)),
    CONSTRAINT fk_agreement_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT ck_agreement_agreement_form CHECK (form IN ('ORAL', 'WRITTEN')),
    CONSTRAINT ck_agreement_confirmation_result CHECK (confirmation_result IN ('CONFIRMED', 'DISMISSED')),
    CONSTRAINT fk_agreement_recorded_by FOREIGN KEY(recorded_by) REFERENCES account (id)
);

CREATE INDEX ix_agreement_reached ON agreement (reached_at, dispute_id);

CREATE TABLE message (
    id UUID DEFAULT uuidv7() NOT NULL,
    invitation_id UUID NOT NULL,
    to_phone TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries INTEGER NOT NULL,
    last_error TEXT COLLATE "C",
    sent_at TIMESTAMP WITH TIME ZONE,
    parked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_message PRIMARY KEY (id),
    CONSTRAINT uq_message_invitation_id UNIQUE (invitation_id),
    CONSTRAINT fk_message_invitation_id FOREIGN KEY(invitation_id) REFERENCES invitation (id)
);

CREATE INDEX ix_message_due ON message (due_at) WHERE sent_at is null and parked_at is null;

CREATE TABLE webhook (
    id UUID DEFAULT uuidv7() NOT NULL,
    client_id UUID NOT NULL,
    dispute_id UUID NOT NULL,
    entry_id BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    leased_until TIMESTAMP WITH TIME ZONE,
    delivered_at TIMESTAMP WITH TIME ZONE,
    dead_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT COLLATE "C",
    CONSTRAINT pk_webhook PRIMARY KEY (id),
    CONSTRAINT uq_webhook_client_id_entry_id UNIQUE (client_id, entry_id),
    CONSTRAINT ck_webhook_one_end CHECK (delivered_at is null or dead_at is null),
    CONSTRAINT fk_webhook_client_id FOREIGN KEY(client_id) REFERENCES system_client (id),
    CONSTRAINT fk_webhook_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id)
);

CREATE INDEX ix_webhook_dispute_id ON webhook (dispute_id);

CREATE INDEX ix_webhook_waiting ON webhook (client_id, dispute_id, entry_id) WHERE delivered_at is null and dead_at is null;

CREATE TABLE referral (
    id UUID DEFAULT uuidv7() NOT NULL,
    dispute_id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    status VARCHAR(40) NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    referred_by UUID,
    referred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_by UUID,
    answered_at TIMESTAMP WITH TIME ZONE,
    answer TEXT COLLATE "C",
    done_at TIMESTAMP WITH TIME ZONE,
    result TEXT COLLATE "C",
    CONSTRAINT pk_referral PRIMARY KEY (id),
    CONSTRAINT ck_referral_answered CHECK ((status = 'PENDING') = (answered_at is null)),
    CONSTRAINT ck_referral_rejected CHECK (status <> 'REJECTED' or answer is not null),
    CONSTRAINT ck_referral_done CHECK ((status = 'DONE') = (done_at is not null)),
    CONSTRAINT fk_referral_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT fk_referral_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT ck_referral_referral_status CHECK (status IN ('PENDING', 'ACCEPTED', 'REJECTED', 'RECALLED', 'DONE')),
    CONSTRAINT fk_referral_referred_by FOREIGN KEY(referred_by) REFERENCES account (id),
    CONSTRAINT fk_referral_answered_by FOREIGN KEY(answered_by) REFERENCES account (id)
);

CREATE INDEX ix_referral_dispute ON referral (dispute_id, id);

CREATE UNIQUE INDEX uq_referral_open ON referral (dispute_id) WHERE status in ('PENDING', 'ACCEPTED');

CREATE INDEX ix_referral_organisation ON referral (organisation_id, dispute_id);

CREATE TABLE dispute_party (
    id UUID DEFAULT uuidv7() NOT NULL,
    dispute_id UUID NOT NULL,
    role VARCHAR(40) NOT NULL,
    consent VARCHAR(40) NOT NULL,
    claim TEXT COLLATE "C",
    claim_amount NUMERIC(14, 2),
    consented_at TIMESTAMP WITH TIME ZONE,
    referral_consent_at TIMESTAMP WITH TIME ZONE,
    resident_id UUID,
    household_id UUID,
    premises_id UUID,
    outsider_name TEXT COLLATE "C",
    outsider_phone TEXT COLLATE "C",
    CONSTRAINT pk_dispute_party PRIMARY KEY (id),
    CONSTRAINT ck_dispute_party_one_subject CHECK (num_nonnulls(resident_id, household_id, premises_id, outsider_name) = 1),
    CONSTRAINT fk_dispute_party_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT ck_dispute_party_party_role CHECK (role IN ('APPLICANT', 'RESPONDENT')),
    CONSTRAINT ck_dispute_party_consent CHECK (consent IN ('PENDING', 'GIVEN', 'REFUSED')),
    CONSTRAINT fk_dispute_party_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT fk_dispute_party_household_id FOREIGN KEY(household_id) REFERENCES household (id),
    CONSTRAINT fk_dispute_party_premises_id FOREIGN KEY(premises_id) REFERENCES premises (id)
);

CREATE INDEX ix_dispute_party_household_id ON dispute_party (household_id);

CREATE INDEX ix_dispute_party_premises_id ON dispute_party (premises_id);

CREATE INDEX ix_dispute_party_dispute ON dispute_party (dispute_id, id);

CREATE INDEX ix_dispute_party_resident_id ON dispute_party (resident_id);

CREATE TABLE dispute_mediator (
    id UUID DEFAULT uuidv7() NOT NULL,
    dispute_id UUID NOT NULL,
    account_id UUID NOT NULL,
    invited_by UUID,
    invited_at TIMESTAMP WITH TIME ZONE NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_dispute_mediator PRIMARY KEY (id),
    CONSTRAINT fk_dispute_mediator_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT fk_dispute_mediator_account_id FOREIGN KEY(account_id) REFERENCES account (id),
    CONSTRAINT fk_dispute_mediator_invited_by FOREIGN KEY(invited_by) REFERENCES account (id)
);

CREATE UNIQUE INDEX uq_dispute_mediator_now ON dispute_mediator (dispute_id, account_id) WHERE released_at is null;

CREATE INDEX ix_dispute_mediator_dispute ON dispute_mediator (dispute_id, id);

CREATE INDEX ix_dispute_mediator_account_id ON dispute_mediator (account_id);

CREATE TABLE meeting (
    id UUID DEFAULT uuidv7() NOT NULL,
    dispute_id UUID NOT NULL,
    held_at TIMESTAMP WITH TIME ZONE NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    minutes TEXT COLLATE "C" NOT NULL,
    recorded_by UUID,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_meeting PRIMARY KEY (id),
    CONSTRAINT fk_meeting_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT fk_meeting_recorded_by FOREIGN KEY(recorded_by) REFERENCES account (id)
);

CREATE INDEX ix_meeting_dispute ON meeting (dispute_id, held_at, id);

CREATE TABLE site_visit (
    id UUID DEFAULT uuidv7() NOT NULL,
    dispute_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C",
    planned_by UUID,
    planned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_site_visit PRIMARY KEY (id),
    CONSTRAINT fk_site_visit_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT fk_site_visit_planned_by FOREIGN KEY(planned_by) REFERENCES account (id)
);

CREATE INDEX ix_site_visit_dispute ON site_visit (dispute_id, at, id);

CREATE TABLE journal (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    kind VARCHAR(40) NOT NULL,
    community_id UUID NOT NULL,
    grid_id UUID,
    building_id UUID,
    household_id UUID,
    resident_id UUID,
    visit_id UUID,
    appeal_id UUID,
    dispute_id UUID,
    alert_id UUID,
    call_id UUID,
    incident_id UUID,
    roster_week_id UUID,
    wish_id UUID,
    actor_id UUID,
    act_id UUID,
    digest BYTEA,
    from_status TEXT COLLATE "C",
    to_status TEXT COLLATE "C",
    note TEXT COLLATE "C",
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_journal PRIMARY KEY (id),
    CONSTRAINT ck_journal_act CHECK ((act_id is null) = (digest is null)),
    CONSTRAINT fk_journal_kind FOREIGN KEY(kind) REFERENCES journal_kind (kind),
    CONSTRAINT fk_journal_community_id FOREIGN KEY(community_id) REFERENCES community (id),
    CONSTRAINT fk_journal_grid_id FOREIGN KEY(grid_id) REFERENCES grid (id),
    CONSTRAINT fk_journal_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
    CONSTRAINT fk_journal_visit_id FOREIGN KEY(visit_id) REFERENCES visit (id),
    CONSTRAINT fk_journal_appeal_id FOREIGN KEY(appeal_id) REFERENCES appeal (id),
    CONSTRAINT fk_journal_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT fk_journal_alert_id FOREIGN KEY(alert_id) REFERENCES alert (id),
    CONSTRAINT fk_journal_call_id FOREIGN KEY(call_id) REFERENCES help_call (id),
    CONSTRAINT fk_journal_incident_id FOREIGN KEY(incident_id) REFERENCES incident (id),
    CONSTRAINT fk_journal_roster_week_id FOREIGN KEY(roster_week_id) REFERENCES roster_week (id),
    CONSTRAINT fk_journal_wish_id FOREIGN KEY(wish_id) REFERENCES wish (id),
    CONSTRAINT fk_journal_actor_id FOREIGN KEY(actor_id) REFERENCES account (id)
);

CREATE INDEX ix_journal_grid ON journal (grid_id, id);

CREATE INDEX ix_journal_incident ON journal (incident_id, id) WHERE incident_id is not null;

CREATE UNIQUE INDEX uq_journal_act ON journal (act_id) WHERE act_id is not null;

CREATE INDEX ix_journal_appeal ON journal (appeal_id, id) WHERE appeal_id is not null;

CREATE INDEX ix_journal_roster_week ON journal (roster_week_id, id) WHERE roster_week_id is not null;

CREATE INDEX ix_journal_wish ON journal (wish_id, id) WHERE wish_id is not null;

CREATE INDEX ix_journal_resident ON journal (resident_id, id) WHERE resident_id is not null;

CREATE INDEX ix_journal_household ON journal (household_id, id) WHERE household_id is not null;

CREATE INDEX ix_journal_visit ON journal (visit_id, id) WHERE visit_id is not null;

CREATE INDEX ix_journal_feed ON journal (xid, id);

CREATE INDEX ix_journal_alert ON journal (alert_id, id) WHERE alert_id is not null;

CREATE INDEX ix_journal_call ON journal (call_id, id) WHERE call_id is not null;

CREATE INDEX ix_journal_dispute ON journal (dispute_id, id) WHERE dispute_id is not null;

CREATE TABLE look (
    id UUID DEFAULT uuidv7() NOT NULL,
    dispute_id UUID NOT NULL,
    account_id UUID NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    looked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_look PRIMARY KEY (id),
    CONSTRAINT fk_look_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT fk_look_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_look_dispute ON look (dispute_id, looked_at, id);

CREATE TABLE site_patrol (
    id UUID DEFAULT uuidv7() NOT NULL,
    premises_id UUID NOT NULL,
    patrolled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    led_by UUID NOT NULL,
    headcount INTEGER NOT NULL,
    has_ledger BOOLEAN NOT NULL,
    has_account BOOLEAN NOT NULL,
    has_notice BOOLEAN NOT NULL,
    note TEXT COLLATE "C",
    called_for TIMESTAMP WITH TIME ZONE,
    dispute_id UUID,
    recorded_by UUID,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_site_patrol PRIMARY KEY (id),
    CONSTRAINT ck_site_patrol_headcount CHECK (headcount >= 0),
    CONSTRAINT ck_site_patrol_called CHECK ((dispute_id is null) = (called_for is null)),
    CONSTRAINT fk_site_patrol_premises_id FOREIGN KEY(premises_id) REFERENCES premises (id),
    CONSTRAINT fk_site_patrol_led_by FOREIGN KEY(led_by) REFERENCES account (id),
    CONSTRAINT fk_site_patrol_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT fk_site_patrol_recorded_by FOREIGN KEY(recorded_by) REFERENCES account (id)
);

CREATE INDEX ix_site_patrol_premises ON site_patrol (premises_id, patrolled_at, id);

CREATE INDEX ix_site_patrol_dispute_id ON site_patrol (dispute_id);

CREATE TABLE agreement_term (
    id UUID DEFAULT uuidv7() NOT NULL,
    agreement_id UUID NOT NULL,
    party_id UUID NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    amount NUMERIC(14, 2),
    due_on DATE NOT NULL,
    performed_on DATE,
    CONSTRAINT pk_agreement_term PRIMARY KEY (id),
    CONSTRAINT fk_agreement_term_agreement_id FOREIGN KEY(agreement_id) REFERENCES agreement (id),
    CONSTRAINT fk_agreement_term_party_id FOREIGN KEY(party_id) REFERENCES dispute_party (id)
);

CREATE INDEX ix_agreement_term_agreement ON agreement_term (agreement_id, due_on, id);

CREATE INDEX ix_agreement_term_party_id ON agreement_term (party_id);

CREATE TABLE agreement_mark (
    id UUID DEFAULT uuidv7() NOT NULL,
    agreement_id UUID NOT NULL,
    party_id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    marked_on DATE NOT NULL,
    CONSTRAINT pk_agreement_mark PRIMARY KEY (id),
    CONSTRAINT uq_agreement_mark_agreement_id_party_id UNIQUE (agreement_id, party_id),
    CONSTRAINT fk_agreement_mark_agreement_id FOREIGN KEY(agreement_id) REFERENCES agreement (id),
    CONSTRAINT fk_agreement_mark_party_id FOREIGN KEY(party_id) REFERENCES dispute_party (id),
    CONSTRAINT ck_agreement_mark_mark_kind CHECK (kind IN ('SIGNATURE', 'SEAL', 'FINGERPRINT'))
);

CREATE INDEX ix_agreement_mark_party_id ON agreement_mark (party_id);

CREATE TABLE meeting_party (
    id UUID DEFAULT uuidv7() NOT NULL,
    meeting_id UUID NOT NULL,
    party_id UUID NOT NULL,
    CONSTRAINT pk_meeting_party PRIMARY KEY (id),
    CONSTRAINT uq_meeting_party_meeting_id_party_id UNIQUE (meeting_id, party_id),
    CONSTRAINT fk_meeting_party_meeting_id FOREIGN KEY(meeting_id) REFERENCES meeting (id),
    CONSTRAINT fk_meeting_party_party_id FOREIGN KEY(party_id) REFERENCES dispute_party (id)
);

CREATE INDEX ix_meeting_party_party_id ON meeting_party (party_id);

CREATE TABLE meeting_guest (
    id UUID DEFAULT uuidv7() NOT NULL,
    meeting_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    kind VARCHAR(40) NOT NULL,
    CONSTRAINT pk_meeting_guest PRIMARY KEY (id),
    CONSTRAINT fk_meeting_guest_meeting_id FOREIGN KEY(meeting_id) REFERENCES meeting (id),
    CONSTRAINT ck_meeting_guest_guest_kind CHECK (kind IN ('RELATIVE', 'NEIGHBOUR', 'COLLEAGUE', 'EXPERT', 'ORGANISATION'))
);

CREATE INDEX ix_meeting_guest_meeting_id ON meeting_guest (meeting_id);

CREATE TABLE finding (
    id UUID DEFAULT uuidv7() NOT NULL,
    dispute_id UUID NOT NULL,
    party_id UUID NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    loss TEXT COLLATE "C" NOT NULL,
    amount NUMERIC(14, 2),
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    corrects_id UUID,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdrawn_by UUID,
    withdrawn_reason TEXT COLLATE "C",
    CONSTRAINT pk_finding PRIMARY KEY (id),
    CONSTRAINT ck_finding_withdrawn CHECK ((withdrawn_at is null) = (withdrawn_reason is null)),
    CONSTRAINT fk_finding_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT fk_finding_party_id FOREIGN KEY(party_id) REFERENCES dispute_party (id),
    CONSTRAINT fk_finding_recorded_by FOREIGN KEY(recorded_by) REFERENCES account (id),
    CONSTRAINT fk_finding_corrects_id FOREIGN KEY(corrects_id) REFERENCES finding (id),
    CONSTRAINT fk_finding_withdrawn_by FOREIGN KEY(withdrawn_by) REFERENCES account (id)
);

CREATE INDEX ix_finding_party_id ON finding (party_id);

CREATE INDEX ix_finding_dispute ON finding (dispute_id, found_at, id);

CREATE UNIQUE INDEX uq_finding_corrects ON finding (corrects_id);

CREATE TABLE site_patrol_worker (
    id UUID DEFAULT uuidv7() NOT NULL,
    patrol_id UUID NOT NULL,
    account_id UUID NOT NULL,
    CONSTRAINT pk_site_patrol_worker PRIMARY KEY (id),
    CONSTRAINT uq_site_patrol_worker_patrol_id_account_id UNIQUE (patrol_id, account_id),
    CONSTRAINT fk_site_patrol_worker_patrol_id FOREIGN KEY(patrol_id) REFERENCES site_patrol (id),
    CONSTRAINT fk_site_patrol_worker_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_site_patrol_worker_account_id ON site_patrol_worker (account_id);

CREATE TABLE site_arrears (
    id UUID DEFAULT uuidv7() NOT NULL,
    patrol_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    people INTEGER NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_site_arrears PRIMARY KEY (id),
    CONSTRAINT ck_site_arrears_people CHECK (people > 0),
    CONSTRAINT ck_site_arrears_amount CHECK (amount > 0),
    CONSTRAINT fk_site_arrears_patrol_id FOREIGN KEY(patrol_id) REFERENCES site_patrol (id)
);

CREATE INDEX ix_site_arrears_patrol_id ON site_arrears (patrol_id);

CREATE TABLE performance_check (
    id UUID DEFAULT uuidv7() NOT NULL,
    agreement_id UUID NOT NULL,
    term_id UUID,
    outcome VARCHAR(40) NOT NULL,
    note TEXT COLLATE "C",
    checked_on DATE NOT NULL,
    checked_by UUID,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_performance_check PRIMARY KEY (id),
    CONSTRAINT fk_performance_check_agreement_id FOREIGN KEY(agreement_id) REFERENCES agreement (id),
    CONSTRAINT fk_performance_check_term_id FOREIGN KEY(term_id) REFERENCES agreement_term (id),
    CONSTRAINT ck_performance_check_outcome CHECK (outcome IN ('PERFORMED', 'UNDERWAY', 'BREACHED')),
    CONSTRAINT fk_performance_check_checked_by FOREIGN KEY(checked_by) REFERENCES account (id)
);

CREATE INDEX ix_performance_check_term_id ON performance_check (term_id);

CREATE INDEX ix_performance_check_agreement ON performance_check (agreement_id, checked_on, id);

CREATE TABLE photo (
    id UUID DEFAULT uuidv7() NOT NULL,
    sha256 BYTEA NOT NULL,
    appeal_id UUID,
    visit_id UUID,
    dispute_id UUID,
    finding_id UUID,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    attached_by UUID,
    attached_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_photo PRIMARY KEY (id),
    CONSTRAINT ck_photo_one_case CHECK (num_nonnulls(appeal_id, visit_id, dispute_id) = 1),
    CONSTRAINT ck_photo_of_finding CHECK (finding_id is null or dispute_id is not null),
    CONSTRAINT fk_photo_sha256 FOREIGN KEY(sha256) REFERENCES photo_file (sha256),
    CONSTRAINT fk_photo_appeal_id FOREIGN KEY(appeal_id) REFERENCES appeal (id),
    CONSTRAINT fk_photo_visit_id FOREIGN KEY(visit_id) REFERENCES visit (id),
    CONSTRAINT fk_photo_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT fk_photo_finding_id FOREIGN KEY(finding_id) REFERENCES finding (id),
    CONSTRAINT fk_photo_attached_by FOREIGN KEY(attached_by) REFERENCES account (id)
);

CREATE INDEX ix_photo_sha256 ON photo (sha256);

CREATE INDEX ix_photo_finding_id ON photo (finding_id);

CREATE INDEX ix_photo_appeal_id ON photo (appeal_id);

CREATE INDEX ix_photo_visit_id ON photo (visit_id);

CREATE INDEX ix_photo_dispute_id ON photo (dispute_id);

CREATE TABLE evidence (
    id UUID DEFAULT uuidv7() NOT NULL,
    dispute_id UUID NOT NULL,
    number INTEGER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    finding_id UUID,
    photo_id UUID,
    statement TEXT COLLATE "C",
    note TEXT COLLATE "C",
    sha256 BYTEA NOT NULL,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    added_by UUID,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_evidence PRIMARY KEY (id),
    CONSTRAINT uq_evidence_dispute_id_number UNIQUE (dispute_id, number),
    CONSTRAINT ck_evidence_number CHECK (number > 0),
    CONSTRAINT ck_evidence_digests CHECK (octet_length(sha256) = 32 and octet_length(previous) = 32 and octet_length(hash) = 32),
    CONSTRAINT ck_evidence_one_thing CHECK (case kind when 'FINDING' then finding_id is not null and photo_id is null and statement is null when 'PHOTO' then photo_id is not null and statement is null else statement is not null and finding_id is null and photo_id is null end),
    CONSTRAINT fk_evidence_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
    CONSTRAINT ck_evidence_evidence_kind CHECK (kind IN ('FINDING', 'PHOTO', 'STATEMENT')),
    CONSTRAINT fk_evidence_finding_id FOREIGN KEY(finding_id) REFERENCES finding (id),
    CONSTRAINT fk_evidence_photo_id FOREIGN KEY(photo_id) REFERENCES photo (id),
    CONSTRAINT fk_evidence_added_by FOREIGN KEY(added_by) REFERENCES account (id)
);

CREATE INDEX ix_evidence_finding_id ON evidence (finding_id);

CREATE INDEX ix_evidence_photo_id ON evidence (photo_id);

ALTER TABLE appeal ADD CONSTRAINT fk_appeal_dispatch_id FOREIGN KEY(dispatch_id) REFERENCES dispatch (id) DEFERRABLE INITIALLY DEFERRED;

create function journal_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the journal is append-only';
end
$$;

create trigger journal_append_only before update or delete or truncate on journal
    for each statement execute function journal_is_append_only();

create function journal_wake() returns trigger language plpgsql as $$
begin
    perform pg_notify('tunping_journal', '');
    return null;
end
$$;

create trigger journal_wake after insert on journal
    for each statement execute function journal_wake();
