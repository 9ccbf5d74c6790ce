"""All tables of the first walk: places, people, accounts, visits, appeals, disputes, the journal."""

import sqlalchemy as sa
from alembic import op

from db.base import Xid8

revision = '0001'
down_revision = None


def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('username', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('role', sa.Enum('GRID_WORKER', 'GRID_LEADER', 'BUILDING_HEAD', 'COMMUNITY_STAFF', 'DEPUTY_DIRECTOR', 'SECRETARY', 'LEGAL_COUNSEL', 'JUDICIAL_OFFICE', 'CENTRE_MEDIATOR', 'PARTNER', 'ADMIN', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('phone', sa.Text(collation='C'), nullable=True),
    sa.Column('password_hash', sa.Text(collation='C'), nullable=False),
    sa.Column('failed_sign_ins', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('username', name=op.f('uq_account_username'))
    )
    op.create_table('farm',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_farm'))
    )
    op.create_table('community',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('farm_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('time_zone', sa.Text(collation='C'), nullable=False),
    sa.ForeignKeyConstraint(['farm_id'], ['farm.id'], name=op.f('fk_community_farm_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_community'))
    )
    op.create_index(op.f('ix_community_farm_id'), 'community', ['farm_id'], unique=False)
    op.create_table('device_session',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('device', sa.Text(collation='C'), nullable=False),
    sa.Column('token_digest', sa.LargeBinary(), nullable=False),
    sa.Column('rotated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_device_session_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device_session'))
    )
    op.create_index(op.f('ix_device_session_account_id'), 'device_session', ['account_id'], unique=False)
    op.create_table('estate',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_estate_community_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_estate')),
    sa.UniqueConstraint('community_id', 'name', name=op.f('uq_estate_community_id_name')),
    sa.UniqueConstraint('id', 'community_id', name='uq_estate_community')
    )
    op.create_table('organisation',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('HEATING_COMPANY', 'PROPERTY_COMPANY', 'UTILITY_COMPANY', 'HOSPITAL', 'COURT', 'JUDICIAL_OFFICE', 'DISPUTE_CENTRE', name='organisation_kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('phone', sa.Text(collation='C'), nullable=True),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_organisation_community_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation')),
    sa.UniqueConstraint('community_id', 'name', name=op.f('uq_organisation_community_id_name'))
    )
    op.create_table('category_policy',
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('category', sa.Enum('HEATING', 'WATER', 'ELECTRICITY', 'PROPERTY_SERVICE', 'NOISE', 'PARKING', 'SANITATION', 'SAFETY', 'CERTIFICATE', 'CARE', 'OTHER', name='appeal_category', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_category_policy_community_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_category_policy_organisation_id')),
    sa.PrimaryKeyConstraint('community_id', 'category', name=op.f('pk_category_policy'))
    )
    op.create_table('grid',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.ForeignKeyConstraint(['estate_id', 'community_id'], ['estate.id', 'estate.community_id'], name='fk_grid_estate'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grid')),
    sa.UniqueConstraint('estate_id', 'name', name=op.f('uq_grid_estate_id_name')),
    sa.UniqueConstraint('id', 'community_id', name='uq_grid_community')
    )
    op.create_index('ix_grid_community', 'grid', ['community_id', 'name', 'id'], unique=False)
    op.create_table('party_branch',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('phone', sa.Text(collation='C'), nullable=True),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_party_branch_estate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party_branch')),
    sa.UniqueConstraint('estate_id', name=op.f('uq_party_branch_estate_id'))
    )
    op.create_table('building',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('grid_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('units', sa.Integer(), nullable=False),
    sa.Column('floors', sa.Integer(), nullable=False),
    sa.CheckConstraint('number > 0 and units > 0 and floors > 0', name=op.f('ck_building_positive')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_building_estate_id')),
    sa.ForeignKeyConstraint(['grid_id', 'community_id'], ['grid.id', 'grid.community_id'], name='fk_building_grid'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_building')),
    sa.UniqueConstraint('estate_id', 'number', name=op.f('uq_building_estate_id_number')),
    sa.UniqueConstraint('id', 'grid_id', name='uq_building_grid')
    )
    op.create_index('ix_building_community', 'building', ['community_id', 'number', 'id'], unique=False)
    op.create_index('ix_building_grid', 'building', ['grid_id', 'number', 'id'], unique=False)
    op.create_table('premises',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('grid_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('ENTERPRISE', 'SHOP', 'CONSTRUCTION_SITE', name='premises_kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('address', sa.Text(collation='C'), nullable=True),
    sa.Column('contact_name', sa.Text(collation='C'), nullable=True),
    sa.Column('contact_phone', sa.Text(collation='C'), nullable=True),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_premises_grid_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_premises'))
    )
    op.create_index('ix_premises_grid', 'premises', ['grid_id', 'kind', 'name', 'id'], unique=False)
    op.create_table('assignment',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=True),
    sa.Column('grid_id', sa.Uuid(), nullable=True),
    sa.Column('building_id', sa.Uuid(), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.CheckConstraint('ends_on is null or ends_on >= starts_on', name=op.f('ck_assignment_in_order')),
    sa.CheckConstraint('num_nonnulls(estate_id, grid_id, building_id) <= 1', name=op.f('ck_assignment_one_place')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_assignment_account_id')),
    sa.ForeignKeyConstraint(['building_id'], ['building.id'], name=op.f('fk_assignment_building_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_assignment_community_id')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_assignment_estate_id')),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_assignment_grid_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment'))
    )
    op.create_index('ix_assignment_account', 'assignment', ['account_id'], unique=False)
    op.create_index(op.f('ix_assignment_community_id'), 'assignment', ['community_id'], unique=False)
    op.create_index(op.f('ix_assignment_grid_id'), 'assignment', ['grid_id'], unique=False)
    op.create_table('household',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('building_id', sa.Uuid(), nullable=False),
    sa.Column('grid_id', sa.Uuid(), nullable=False),
    sa.Column('unit', sa.Integer(), nullable=False),
    sa.Column('floor', sa.Integer(), nullable=False),
    sa.Column('room', sa.Text(collation='C'), nullable=False),
    sa.ForeignKeyConstraint(['building_id', 'grid_id'], ['building.id', 'building.grid_id'], name='fk_household_building', onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_household')),
    sa.UniqueConstraint('building_id', 'unit', 'room', name=op.f('uq_household_building_id_unit_room')),
    sa.UniqueConstraint('id', 'building_id', 'grid_id', name='uq_household_home')
    )
    op.create_index('ix_household_grid', 'household', ['grid_id', 'building_id', 'unit', 'floor', 'room', 'id'], unique=False)
    op.create_index('ix_household_walk', 'household', ['building_id', 'unit', 'floor', 'room', 'id'], unique=False)
    op.create_table('qr_code',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('code', sa.Text(collation='C'), nullable=False),
    sa.Column('target', sa.Enum('HOUSEHOLD', 'BUILDING', 'COUNTER', name='qr_target', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('building_id', sa.Uuid(), nullable=True),
    sa.Column('household_id', sa.Uuid(), nullable=True),
    sa.Column('label', sa.Text(collation='C'), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(target = 'HOUSEHOLD') = (household_id is not null) and (target = 'BUILDING') = (building_id is not null)", name=op.f('ck_qr_code_bound')),
    sa.ForeignKeyConstraint(['building_id'], ['building.id'], name=op.f('fk_qr_code_building_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_qr_code_community_id')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_qr_code_household_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_qr_code')),
    sa.UniqueConstraint('code', name=op.f('uq_qr_code_code'))
    )
    op.create_table('resident',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('household_id', sa.Uuid(), nullable=False),
    sa.Column('building_id', sa.Uuid(), nullable=False),
    sa.Column('grid_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('sex', sa.Enum('FEMALE', 'MALE', name='sex', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('born_on', sa.Date(), nullable=True),
    sa.Column('phone', sa.Text(collation='C'), nullable=True),
    sa.ForeignKeyConstraint(['household_id', 'building_id', 'grid_id'], ['household.id', 'household.building_id', 'household.grid_id'], name='fk_resident_home', onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resident'))
    )
    op.create_index('ix_resident_building', 'resident', ['building_id', 'id'], unique=False)
    op.create_index('ix_resident_grid', 'resident', ['grid_id', 'id'], unique=False)
    op.create_index('ix_resident_household', 'resident', ['household_id', 'id'], unique=False)
    op.create_table('visit',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('household_id', sa.Uuid(), nullable=False),
    sa.Column('building_id', sa.Uuid(), nullable=False),
    sa.Column('grid_id', sa.Uuid(), nullable=False),
    sa.Column('worker_id', sa.Uuid(), nullable=False),
    sa.Column('mode', sa.Enum('HOME_VISIT', 'PHONE', 'ONLINE', name='visit_mode', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('note', sa.Text(collation='C'), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['household_id', 'building_id', 'grid_id'], ['household.id', 'household.building_id', 'household.grid_id'], name='fk_visit_home', onupdate='CASCADE'),
    sa.ForeignKeyConstraint(['worker_id'], ['account.id'], name=op.f('fk_visit_worker_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit'))
    )
    op.create_index('ix_visit_grid', 'visit', ['grid_id', 'occurred_at', 'id'], unique=False)
    op.create_index('ix_visit_household', 'visit', ['household_id', 'occurred_at', 'id'], unique=False)
    op.create_index('ix_visit_occurred', 'visit', ['occurred_at', 'id'], unique=False)
    op.create_index('ix_visit_worker', 'visit', ['worker_id', 'occurred_at', 'id'], unique=False)
    op.create_table('appeal',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('grid_id', sa.Uuid(), nullable=False),
    sa.Column('building_id', sa.Uuid(), nullable=True),
    sa.Column('unit', sa.Integer(), nullable=True),
    sa.Column('household_id', sa.Uuid(), nullable=True),
    sa.Column('resident_id', sa.Uuid(), nullable=True),
    sa.Column('reporter_name', sa.Text(collation='C'), nullable=True),
    sa.Column('reporter_phone', sa.Text(collation='C'), nullable=True),
    sa.Column('source', sa.Enum('QR_HOME', 'QR_COUNTER', 'DESK', 'PHONE', 'VISIT', 'BUILDING_HEAD', 'APP', name='appeal_source', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('kind', sa.Enum('PROBLEM', 'HELP', 'INQUIRY', 'REPORT', name='appeal_kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('category', sa.Enum('HEATING', 'WATER', 'ELECTRICITY', 'PROPERTY_SERVICE', 'NOISE', 'PARKING', 'SANITATION', 'SAFETY', 'CERTIFICATE', 'CARE', 'OTHER', name='appeal_category', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('level', sa.Enum('GRID', 'COMMUNITY', 'FARM', name='appeal_level', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('status', sa.Enum('SUBMITTED', 'ACCEPTED', 'DISPATCHED', 'IN_PROGRESS', 'AWAITING_CONFIRMATION', 'CLOSED', 'REJECTED', 'WITHDRAWN', name='appeal_status', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('body', sa.Text(collation='C'), nullable=False),
    sa.Column('answer', sa.Text(collation='C'), nullable=True),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('registered_by', sa.Uuid(), nullable=True),
    sa.Column('handled_by', sa.Uuid(), nullable=True),
    sa.Column('visit_id', sa.Uuid(), nullable=True),
    sa.Column('receipt_code', sa.Text(collation='C'), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(status = 'CLOSED') = (closed_at is not null)", name=op.f('ck_appeal_closed')),
    sa.CheckConstraint('rating between 1 and 5', name=op.f('ck_appeal_rating')),
    sa.ForeignKeyConstraint(['building_id'], ['building.id'], name=op.f('fk_appeal_building_id')),
    sa.ForeignKeyConstraint(['grid_id', 'community_id'], ['grid.id', 'grid.community_id'], name='fk_appeal_grid'),
    sa.ForeignKeyConstraint(['handled_by'], ['account.id'], name=op.f('fk_appeal_handled_by')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_appeal_household_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_appeal_organisation_id')),
    sa.ForeignKeyConstraint(['registered_by'], ['account.id'], name=op.f('fk_appeal_registered_by')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_appeal_resident_id')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_appeal_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appeal')),
    sa.UniqueConstraint('receipt_code', name=op.f('uq_appeal_receipt_code'))
    )
    op.create_index('ix_appeal_building', 'appeal', ['building_id', 'opened_at', 'id'], unique=False)
    op.create_index('ix_appeal_grid', 'appeal', ['grid_id', 'opened_at', 'id'], unique=False)
    op.create_index('ix_appeal_grid_status', 'appeal', ['grid_id', 'status', 'opened_at', 'id'], unique=False)
    op.create_index('ix_appeal_household', 'appeal', ['household_id', 'opened_at', 'id'], unique=False)
    op.create_index('ix_appeal_opened', 'appeal', ['opened_at', 'id'], unique=False)
    op.create_index('ix_appeal_registered', 'appeal', ['registered_by', 'opened_at', 'id'], unique=False)
    op.create_index('ix_appeal_resident', 'appeal', ['resident_id', 'opened_at', 'id'], unique=False)
    op.create_index(op.f('ix_appeal_visit_id'), 'appeal', ['visit_id'], unique=False)
    op.create_table('dispute',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('grid_id', sa.Uuid(), nullable=False),
    sa.Column('type', sa.Enum('MARRIAGE_FAMILY', 'NEIGHBOUR', 'HOUSING_LAND', 'CONTRACT', 'PRODUCTION_BUSINESS', 'DAMAGES', 'FOREST_LAND', 'LAND_ACQUISITION', 'ENVIRONMENT', 'WAGE_ARREARS', 'OTHER_LABOUR', 'TOURISM', 'E_COMMERCE', 'OTHER_CONSUMER', 'MEDICAL', 'TRAFFIC', 'PROPERTY_MANAGEMENT', 'OTHER', name='dispute_type', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('origin', sa.Enum('PROACTIVE', 'APPLIED', 'REFERRED', name='dispute_origin', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('referred_by', sa.Text(collation='C'), nullable=True),
    sa.Column('level', sa.Enum('GRID', 'COMMUNITY', 'JOINT', 'CENTRE', name='dispute_level', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('status', sa.Enum('REPORTED', 'MEDIATING', 'AGREED', 'PERFORMED', 'BREACHED', 'FAILED', 'REFUSED', 'WITHDRAWN', name='dispute_status', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('title', sa.Text(collation='C'), nullable=False),
    sa.Column('facts', sa.Text(collation='C'), nullable=False),
    sa.Column('registered_by', sa.Uuid(), nullable=True),
    sa.Column('mediator_id', sa.Uuid(), nullable=True),
    sa.Column('visit_id', sa.Uuid(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(origin = 'REFERRED') = (referred_by is not null)", name=op.f('ck_dispute_referred')),
    sa.CheckConstraint("(status in ('REPORTED', 'MEDIATING')) = (closed_at is null)", name=op.f('ck_dispute_closed')),
    sa.ForeignKeyConstraint(['grid_id', 'community_id'], ['grid.id', 'grid.community_id'], name='fk_dispute_grid'),
    sa.ForeignKeyConstraint(['mediator_id'], ['account.id'], name=op.f('fk_dispute_mediator_id')),
    sa.ForeignKeyConstraint(['registered_by'], ['account.id'], name=op.f('fk_dispute_registered_by')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_dispute_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute'))
    )
    op.create_index('ix_dispute_grid', 'dispute', ['grid_id', 'opened_at', 'id'], unique=False)
    op.create_index('ix_dispute_opened', 'dispute', ['opened_at', 'id'], unique=False)
    op.create_index(op.f('ix_dispute_visit_id'), 'dispute', ['visit_id'], unique=False)
    op.create_table('resident_colour',
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('colour', sa.Enum('RED', 'ORANGE', 'YELLOW', 'GREEN', 'CYAN', 'BLUE', name='colour', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('set_by', sa.Uuid(), nullable=True),
    sa.Column('set_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('reason', sa.Text(collation='C'), nullable=True),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_resident_colour_resident_id')),
    sa.ForeignKeyConstraint(['set_by'], ['account.id'], name=op.f('fk_resident_colour_set_by')),
    sa.PrimaryKeyConstraint('resident_id', 'colour', name=op.f('pk_resident_colour'))
    )
    op.create_index('ix_resident_colour_colour', 'resident_colour', ['colour', 'resident_id'], unique=False)
    op.create_table('visit_resident',
    sa.Column('visit_id', sa.Uuid(), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_visit_resident_resident_id')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_visit_resident_visit_id')),
    sa.PrimaryKeyConstraint('visit_id', 'resident_id', name=op.f('pk_visit_resident'))
    )
    op.create_index('ix_visit_resident_resident', 'visit_resident', ['resident_id'], unique=False)
    op.create_table('agreement',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('dispute_id', sa.Uuid(), nullable=False),
    sa.Column('form', sa.Enum('ORAL', 'WRITTEN', name='agreement_form', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('content', sa.Text(collation='C'), nullable=False),
    sa.Column('facts', sa.Text(collation='C'), nullable=True),
    sa.Column('performance', sa.Text(collation='C'), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('reached_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('parties_signed_on', sa.Date(), nullable=True),
    sa.Column('mediator_signed_on', sa.Date(), nullable=True),
    sa.Column('sealed_on', sa.Date(), nullable=True),
    sa.Column('effective_on', sa.Date(), nullable=True),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("form = 'ORAL' or (facts is not null and performance is not null)", name=op.f('ck_agreement_written_content')),
    sa.ForeignKeyConstraint(['dispute_id'], ['dispute.id'], name=op.f('fk_agreement_dispute_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_agreement_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement')),
    sa.UniqueConstraint('dispute_id', name=op.f('uq_agreement_dispute_id'))
    )
    op.create_table('dispute_party',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('dispute_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('APPLICANT', 'RESPONDENT', name='party_role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('consent', sa.Enum('PENDING', 'GIVEN', 'REFUSED', name='consent', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('claim', sa.Text(collation='C'), nullable=True),
    sa.Column('resident_id', sa.Uuid(), nullable=True),
    sa.Column('household_id', sa.Uuid(), nullable=True),
    sa.Column('premises_id', sa.Uuid(), nullable=True),
    sa.Column('outsider_name', sa.Text(collation='C'), nullable=True),
    sa.Column('outsider_phone', sa.Text(collation='C'), nullable=True),
    sa.CheckConstraint('num_nonnulls(resident_id, household_id, premises_id, outsider_name) = 1', name=op.f('ck_dispute_party_one_subject')),
    sa.ForeignKeyConstraint(['dispute_id'], ['dispute.id'], name=op.f('fk_dispute_party_dispute_id')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_dispute_party_household_id')),
    sa.ForeignKeyConstraint(['premises_id'], ['premises.id'], name=op.f('fk_dispute_party_premises_id')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_dispute_party_resident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute_party'))
    )
    op.create_index('ix_dispute_party_dispute', 'dispute_party', ['dispute_id', 'id'], unique=False)
    op.create_index(op.f('ix_dispute_party_household_id'), 'dispute_party', ['household_id'], unique=False)
    op.create_index(op.f('ix_dispute_party_premises_id'), 'dispute_party', ['premises_id'], unique=False)
    op.create_index(op.f('ix_dispute_party_resident_id'), 'dispute_party', ['resident_id'], unique=False)
    op.create_table('journal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('xid', Xid8(), server_default=sa.text('pg_current_xact_id()'), nullable=False),
    sa.Column('kind', sa.Enum('VISIT_RECORDED', 'APPEAL_OPENED', 'APPEAL_ACCEPTED', 'APPEAL_ANSWERED', 'APPEAL_CONFIRMED', 'APPEAL_RETURNED', 'APPEAL_ESCALATED', 'DISPUTE_OPENED', 'AGREEMENT_RECORDED', name='entry_kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('community_id', sa.Uuid(), nullable=False),
    sa.Column('grid_id', sa.Uuid(), nullable=False),
    sa.Column('building_id', sa.Uuid(), nullable=True),
    sa.Column('household_id', sa.Uuid(), nullable=True),
    sa.Column('visit_id', sa.Uuid(), nullable=True),
    sa.Column('appeal_id', sa.Uuid(), nullable=True),
    sa.Column('dispute_id', sa.Uuid(), nullable=True),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('act_id', sa.Uuid(), nullable=True),
    sa.Column('digest', sa.LargeBinary(), nullable=True),
    sa.Column('from_status', sa.Text(collation='C'), nullable=True),
    sa.Column('to_status', sa.Text(collation='C'), nullable=True),
    sa.Column('note', sa.Text(collation='C'), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('(act_id is null) = (digest is null)', name=op.f('ck_journal_act')),
    sa.ForeignKeyConstraint(['actor_id'], ['account.id'], name=op.f('fk_journal_actor_id')),
    sa.ForeignKeyConstraint(['appeal_id'], ['appeal.id'], name=op.f('fk_journal_appeal_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_journal_community_id')),
    sa.ForeignKeyConstraint(['dispute_id'], ['dispute.id'], name=op.f('fk_journal_dispute_id')),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_journal_grid_id')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_journal_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal'))
    )
    op.create_index('ix_journal_appeal', 'journal', ['appeal_id', 'id'], unique=False)
    op.create_index('ix_journal_dispute', 'journal', ['dispute_id', 'id'], unique=False)
    op.create_index('ix_journal_feed', 'journal', ['xid', 'id'], unique=False)
    op.create_index('ix_journal_grid', 'journal', ['grid_id', 'id'], unique=False)
    op.create_index('ix_journal_household', 'journal', ['household_id', 'id'], unique=False)
    op.create_index('ix_journal_visit', 'journal', ['visit_id', 'id'], unique=False)
    op.create_index('uq_journal_act', 'journal', ['act_id'], unique=True, postgresql_where=sa.text('act_id is not null'))
