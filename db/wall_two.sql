-- The second wall: which role of the database may do what, and which rows PostgreSQL shows to whom.
--
-- The first wall is the visibility rule that the compiler adds to each statement (db/scope.py). This file repeats the
-- rules in SQL and by hand. It is not generated from the first wall, so that one mistake does not open both.
-- `tunping migrate` applies the whole file whenever it or the list of tables has changed. Names of roles begin with the
-- owner's name: an owner `postgres` has `postgres_app`. A table that section 1 does not name is closed to the server.
--
--   tunping          the owner: migrates, loads the demo, makes backups
--   tunping_app      the server, for a viewer: accounts, and residents without an account
--   tunping_staff    the same server, while it reads for the staff of a community (a role that tunping_app may take)
--   tunping_worker   what has no viewer: jobs, signing in, and the commands of the operator
--
-- How to read it: begin with section 3, which says for each table which rows are seen: by the community, by the grid, with
-- the whole that they are part of, and the few that have a rule of their own. The grid is the whole rule of the staff.
-- `wall.also_…`, in section 2, is the rule of all others, and is asked about the rows that the grid does not show.
-- Section 2 is how PostgreSQL knows who looks, and section 1 what each role may do at all.

-- 1. Who may touch which table -------------------------------------------------------------------------------------

do $$
declare each record;
begin
  for each in select tablename, policyname from pg_policies where schemaname = 'public' loop
    execute format('drop policy %I on %I', each.policyname, each.tablename);
  end loop;
end $$;
drop view if exists pushable, kept_device, post_today, post_open, post_held, desk_today, signed_in, grid_place, area_place,
  board, wish_wall, activity_wall, notice_wall, direct_line_wall, door, firm, party_subject, resident_place, feed_entry,
  feed_appeal, done_act, appeal_counted, appeal_place;
drop schema if exists wall cascade;
create schema wall;
revoke all on all tables in schema public from public, tunping_app, tunping_staff, tunping_worker;
revoke all on schema wall from public;
revoke execute on function walk_key from public;
grant usage on schema public, wall to tunping_app, tunping_staff, tunping_worker;

-- Places, people and cases. A lock of a row needs the right to update some column, so `update (id)` is a right to lock.
grant select on farm, estate, grid, party_branch, organisation, premises, category_policy, ladder_policy, journal_kind,
  access_notice to tunping_app;
-- Places are set up by the secretary, and by an administrator.
grant select on community, building to tunping_app;
grant insert, update (id, name) on farm, estate, grid to tunping_app;
grant insert, update (id, name, phone) on party_branch to tunping_app;
grant insert, update (id, name, phone, kind) on organisation to tunping_app;
grant insert, update (id, name, phone, time_zone) on community to tunping_app;
grant insert, update (id, name, units, floors, grid_id) on building to tunping_app;
grant insert, update (id, name, kind, address, contact_name, contact_phone) on premises to tunping_app;
grant insert, update (organisation_id) on category_policy to tunping_app;
-- Signing in uses the worker's login. So the server's login reads no password hashes and no secrets of authenticator apps.
-- It writes no passwords either, only the digest of a code with which the person chooses one.
grant select (id, username, username_key, name, role, phone, community_id, invitation_expires_at, disabled_at, created_at),
  insert (id, username, username_key, name, role, phone, community_id, invitation_digest, invitation_expires_at, disabled_at,
    created_at, totp_step, totp_failures),
  update (id, name, phone, invitation_digest, invitation_expires_at, disabled_at) on account to tunping_app;
grant select, insert, update on household, resident, residency, resident_colour, resident_merge, duty_pause, qr_code,
  clock_policy, ladder_policy, appeal, incident, dispatch, wish, dispute, dispute_party, dispute_mediator, agreement,
  agreement_term, referral, finding, help_call, invitation, site_post, roster_week, activity, sign_up, notice,
  branch_member, alert to tunping_app;
grant select, insert, update, delete on visit_policy, assignment, roster_shift, visit_resident to tunping_app;
-- What a correction changes of a visit, and the removal of a photo.
grant update (household_id, building_id, premises_id, grid_id, mode, note, spoke_with, is_attempt, occurred_at,
  withdrawn_at) on visit to tunping_app;
grant update (removed_by, removed_at, removed_reason) on photo to tunping_app;
-- A party that was added by mistake is removed. The journal keeps who it was.
grant delete on dispute_party to tunping_app;
grant select, insert, delete on branch_hours to tunping_app;
-- What is only ever added. Nobody but the owner can change the journal, evidence, looks, and the log of accounts.
grant select, insert on alert_rung, visit, visit_correction, visit_correction_resident, photo_file, photo,
  mediation_policy, meeting, meeting_party, meeting_guest, site_visit, agreement_mark, performance_check, proposal,
  site_patrol, site_patrol_worker, site_arrears, journal, evidence, look, notice_reading, call_back
  to tunping_app;
grant select (id, invitation_id, sign_up_id, appeal_id, wish_id, sent_at), insert on message to tunping_app;
-- Of sessions the server reads all but the tokens. Of the log of accounts it reads nothing.
grant select, update (id, name, confirmed_at) on device to tunping_app;
grant select (id, account_id, device_id, rotated_at, created_at, expires_at, revoked_at), update (revoked_at)
  on device_session to tunping_app;
grant insert on account_event, quiet_act to tunping_app;
-- Where pushes go is written and not read: whoever knows it could write to the phone.
grant select (id, account_id, device_id, session_id, host, service, digest, renewed_at, broken_at), insert, delete,
  update (session_id, host, service, address, p256dh, auth, digest, renewed_at, broken_at)
  on push_subscription to tunping_app;
grant select, insert, update on push_preference to tunping_app;
grant select, insert, update (version) on submission to tunping_app;
-- An ID number is sealed by a key of the resident's own. Whoever seals one holds the generation by a shared lock.
grant select, insert, update on resident_key to tunping_app;
grant select, insert, update (number) on sealing_generation to tunping_app;
grant update (kept_at) on photo_file to tunping_app;
-- Positions of the live feed have no content, and neither have those of documents. They are given by one function, to
-- whatever was committed.
grant select on feed_position, feed_epoch, document, document_forgotten to tunping_app;

-- The worker reads and writes everything, because jobs act for all communities and signing in finds any account. It
-- does not change records either, nor their links. Which rows wait for a link is noted by triggers.
grant select, insert, update, delete on all tables in schema public to tunping_worker;
revoke update, delete on journal, evidence, look, account_event, access_notice, journal_link, evidence_link, look_link,
  account_event_link, log_archive_link, note_erasure_link from tunping_worker;
revoke insert, update on record_pending from tunping_worker;
revoke insert, update, delete on feed_waiting, feed_position, feed_epoch, document_waiting, document, document_forgotten
  from tunping_worker;
revoke insert, update, delete on alembic_version, journal_kind from tunping_worker;
-- Erasing a resident and moving old logs to files are the two ways in which records change.
revoke insert, update, delete on log_archive, note_erasure from tunping_worker;
grant execute on function archive_log, erase_journal_notes to tunping_worker;
grant execute on function place_entries to tunping_app, tunping_worker;
grant execute on function feed_round to tunping_app;
grant execute on function forget_documents to tunping_worker;
grant usage on schema jobs to tunping_worker;
grant select, insert, update, delete on all tables in schema jobs to tunping_worker;
grant usage, select on all sequences in schema jobs to tunping_worker;
grant execute on all functions in schema jobs to tunping_worker;

-- 2. Who looks -----------------------------------------------------------------------------------------------------
-- A statement of the server begins by setting `tunping.account`, `tunping.role`, and the lists of the places that the
-- account holds today (`looking_scope` in db/holding.py). A transaction that changes something begins with
-- `wall.act(account, role)`, which does the same. All of it ends with the transaction. Without it tunping_app sees no
-- row of section 3.
--
-- An act also reads and writes what its viewer does not see: a worker who moves a resident to another grid, or an
-- organisation that gives an appeal back. So in an act the wall lets pass all rows of the communities where the account
-- has a post. But each statement of an act that finds something for the viewer, by an id that they sent, only looks: it
-- begins as a query does, and ends with `wall.act_again`. In between the wall is as narrow as for a query.

-- What the scope is computed from must be read before anybody is known to look, so it is read with the owner's rights:
-- by views, because a function would cost a query a fifth of its time. They have ids and days, and no names.
-- `post_held` says who is a colleague. The first wall asks it instead of the table, whose policy takes longer to prepare.
create view post_today as
  select a.account_id, v.role::text, a.community_id, a.estate_id, a.grid_id, a.building_id, a.organisation_id,
    (now() at time zone c.time_zone)::date as today
  from assignment a join account v on v.id = a.account_id join community c on c.id = a.community_id
  where v.disabled_at is null and a.starts_on <= (now() at time zone c.time_zone)::date
    and (a.ends_on is null or a.ends_on >= (now() at time zone c.time_zone)::date);
create view post_open as
  select a.account_id, a.community_id from assignment a join community c on c.id = a.community_id
  where a.ends_on is null or a.ends_on >= (now() at time zone c.time_zone)::date;
create view post_held as select account_id, community_id from assignment;
create view desk_today as
  select s.account_id, w.community_id, s.day from roster_shift s join roster_week w on w.id = s.week_id
  where s.post in ('HALL', 'RECEPTION') and w.published_at is not null;
create view area_place as select id, community_id, estate_id from area;
-- Who is signed in on a device gets the live feed there. It says of nobody where or since when.
create view signed_in as select distinct account_id from device_session
  where revoked_at is null and expires_at > now() and rotated_at > now() - interval '7 days';
-- Who gets pushes can be reached by them. It says neither on which device, nor since when.
create view pushable as select distinct p.account_id from push_subscription p join device_session s on s.id = p.session_id
  where p.broken_at is null and s.revoked_at is null and s.expires_at > now() and s.rotated_at > now() - interval '7 days';
grant select on post_today, post_open, post_held, desk_today, signed_in, pushable, area_place
  to tunping_app, tunping_worker;

-- Where these files say `grids`, they mean areas: the grids, and the estates and the communities around them, whose own
-- matters have the id of the estate or of the community as their `grid_id`.

-- The communities that an administrator reads, and acts in. They have no grids, because who administers does not look
-- after people.
create function wall.administered_by(viewer uuid) returns uuid[]
language sql stable security definer set search_path = public, pg_temp as $$
  select array(select c.id from community c where exists (
    select from account v where v.id = viewer and v.role = 'ADMIN' and v.disabled_at is null))
$$;

create function wall.grids_in(communities uuid[]) returns uuid[]
language sql stable security definer set search_path = public, pg_temp as $$
  select array(select id from area where community_id = any (communities))
$$;

-- Lets an act pass in communities, and in their grids.
create function wall.act_in(communities uuid[], grids uuid[]) returns integer language sql volatile as $$
  select num_nonnulls(set_config('tunping.acts', 'yes', true),
    set_config('tunping.communities', coalesce(array_to_string(communities, ','), ''), true),
    set_config('tunping.grids', coalesce(array_to_string(grids, ','), ''), true),
    set_config('tunping.acting', coalesce(array_to_string(communities, ','), ''), true),
    set_config('tunping.acting_grids', coalesce(array_to_string(grids, ','), ''), true))
$$;

create function wall.act(viewer uuid, held text) returns integer
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare communities uuid[]; grids uuid[];
begin
  select array_agg(distinct p.community_id), array_agg(g.id) into communities, grids
  from post_today p left join area g on g.community_id = p.community_id
  where p.account_id = viewer and p.role = held;
  if held = 'ADMIN' then
    communities := wall.administered_by(viewer);
  end if;
  return num_nonnulls(set_config('tunping.account', coalesce(viewer::text, ''), true),
    set_config('tunping.role', coalesce(held, 'NOBODY'), true), wall.act_in(communities, grids));
end $$;

-- The act with this id, if it was done before. Whoever sends it at the same time waits here until the other one has ended.
-- Each statement of this function has a snapshot of its own, so the second one sees what was committed during the wait.
create function wall.act_done(act uuid, lock bigint) returns setof uuid language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(lock);
  return query select act_id from done_act where act_id = act;
end $$;

-- After a statement of an act that only looked. It counts what that found, so that it comes last.
create function wall.act_again(counted bigint) returns boolean language sql volatile as $$
  select counted >= 0 and num_nonnulls(set_config('tunping.acts', 'yes', true),
    set_config('tunping.communities', current_setting('tunping.acting', true), true),
    set_config('tunping.grids', current_setting('tunping.acting_grids', true), true)) > 0
$$;

-- A printed code and a receipt open their own case and the places of its community to whoever shows them.
create function wall.opened_by(codes text[], out communities uuid[], out cases uuid[])
language sql stable security definer set search_path = public, pg_temp as $$
  with q as (select * from qr_code where code = any (codes) and revoked_at is null),
    a as (select * from appeal where receipt_code = any (codes)),
    w as (select * from wish where receipt_code = any (codes)),
    s as (select community_id from sign_up join activity on activity.id = activity_id where receipt_code = any (codes)),
    i as (select g.community_id from invitation join grid g on g.id = grid_id where answer_code = any (codes))
  select array(select community_id from q union select community_id from a union select community_id from w
      union select community_id from i union select community_id from s),
    array(select id from q union select id from a union select id from w
      union select dispatch_id from a where dispatch_id is not null)
$$;

create function wall.open(codes text[]) returns boolean language plpgsql volatile as $$
declare opened record;
begin
  select * into opened from wall.opened_by(codes);
  perform set_config('tunping.opened', array_to_string(opened.communities, ','), true),
    set_config('tunping.cases', array_to_string(opened.cases, ','), true);
  if wall.acts() then
    perform wall.act_in(wall.list('acting') || opened.communities,
      wall.list('acting_grids') || wall.grids_in(opened.communities));
  end if;
  return true;
end $$;

-- Lets a count pass that has few groups. PostgreSQL alone knows how many there are.
create function wall.few(groups bigint, most integer) returns boolean language plpgsql stable as $$
begin
  if groups > most then
    raise exception 'more than % groups', most using constraint = 'few_groups';
  end if;
  return true;
end $$;

-- What was told. Each is null or empty if nobody looks, and a comparison with it is not true. Lists of ids are told with
-- commas, because PostgreSQL takes twice as long to read the text of an array.
create function wall.list(name text) returns uuid[] language sql stable as $$
  select string_to_array(current_setting('tunping.' || name, true), ',')::uuid[]
$$;
create function wall.role() returns text language sql stable as $$
  select nullif(current_setting('tunping.role', true), '')
$$;
create function wall.account() returns uuid language sql stable as $$
  select nullif(current_setting('tunping.account', true), '')::uuid
$$;
create function wall.is_worker() returns boolean language sql stable as $$
  select wall.role() in ('GRID_WORKER', 'GRID_LEADER', 'COMMUNITY_STAFF', 'DEPUTY_DIRECTOR', 'SECRETARY')
$$;
-- True in an act, but for its statements that only look.
create function wall.acts() returns boolean language sql stable as $$
  select coalesce(current_setting('tunping.acts', true), '') = 'yes'
$$;
-- The equality of policies. Of `=` the planner would multiply the probability with that of the same comparison in the first
-- wall, expect far too few rows, and join them one by one. Of this operator it expects that it holds for nearly every row,
-- as for `<>`. That is right, because the first wall leaves only rows that the policy shows.
create operator wall.== (leftarg = uuid, rightarg = uuid, function = uuid_eq, restrict = neqsel, join = neqjoinsel);
-- The grids whose people and cases the viewer works with, and the communities where the account has a post.
create function wall.grids() returns uuid[] language sql stable as $$
  select wall.list('grids')
$$;
create function wall.communities() returns uuid[] language sql stable as $$
  select wall.list('communities')
$$;

-- Places are seen where the account has a post, and where a code was shown.
create function wall.opened(community uuid) returns boolean language sql stable as $$
  select community = any (wall.list('opened'))
$$;

-- The posts of an account that are in force today, and those that were at an earlier time, with the local day of that time.
-- Who records late what they did on their round did it by the post that they held then.
create function wall.posts_as_of(viewer uuid, at timestamptz) returns table (account_id uuid, community_id uuid,
  estate_id uuid, grid_id uuid, building_id uuid, organisation_id uuid, role text, today date)
language sql stable security definer set search_path = public, pg_temp as $$
  select p.account_id, p.community_id, p.estate_id, p.grid_id, p.building_id, p.organisation_id, p.role, p.today
  from post_today p where p.account_id = viewer
  union
  select a.account_id, a.community_id, a.estate_id, a.grid_id, a.building_id, a.organisation_id, v.role::text, d.day
  from assignment a join account v on v.id = a.account_id join community c on c.id = a.community_id
    cross join lateral (select (at at time zone c.time_zone)::date as day) d
  where a.account_id = viewer and v.disabled_at is null and a.starts_on <= d.day
    and (a.ends_on is null or a.ends_on >= d.day or at < a.ended_at)
$$;

create function wall.act_as_of(viewer uuid, held text, at timestamptz) returns integer
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare communities uuid[]; grids uuid[];
begin
  select array_agg(distinct p.community_id), array_agg(g.id) into communities, grids
  from wall.posts_as_of(viewer, at) p left join area g on g.community_id = p.community_id
  where p.role = held;
  return wall.act_in(communities, grids);
end $$;

-- The record that an id means: of records that were merged into others the one that was kept, wherever it is now. Whether
-- the viewer sees that one is asked as for any other.
create function wall.kept(record uuid) returns uuid
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare next uuid;
begin
  loop
    select merged_into into next from resident where id = record;
    exit when next is null;
    record := next;
  end loop;
  return record;
end $$;

-- The rules of those who see single cases. They look up rows with the owner's rights, so they say the whole rule. They
-- take nothing but an id, because it is in the indexes: so counting needs no table. `cost 1`, because a worker's statement
-- meets few rows that they are asked about: their real cost would lead the planner to other plans.

-- A building head in office sees the appeals that they reported, an organisation those that are dispatched to it.
create function wall.also_appeal(appeal uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select appeal = any (wall.list('cases')) or case wall.role()
    when 'BUILDING_HEAD' then cardinality(wall.list('buildings')) > 0 and exists (
      select from appeal a where a.id = appeal and a.registered_by = wall.account())
    when 'PARTNER' then exists (select from appeal a join dispatch d on d.id = a.dispatch_id
      where a.id = appeal and d.organisation_id = any (wall.list('organisations')))
    end
$$;
create function wall.also_dispatch(dispatch uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select dispatch = any (wall.list('cases')) or wall.role() = 'PARTNER' and exists (
    select from dispatch d where d.id = dispatch and d.organisation_id = any (wall.list('organisations')))
$$;
-- An organisation sees an incident while it is dispatched to it.
create function wall.also_incident(incident uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select wall.role() = 'PARTNER' and exists (
    select from dispatch d where d.incident_id = incident and d.status in ('PENDING', 'ACCEPTED')
      and d.organisation_id = any (wall.list('organisations')))
$$;
create function wall.also_wish(wish uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select wish = any (wall.list('cases')) or wall.role() = 'BUILDING_HEAD'
    and cardinality(wall.list('buildings')) > 0
    and exists (select from wish w where w.id = wish and w.proposed_by = wall.account())
$$;
-- The invited see their disputes while they have a post, the centre those that were referred to it and not sent back.
create function wall.also_dispute(dispute uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select case
    when wall.role() in ('LEGAL_COUNSEL', 'JUDICIAL_OFFICE') then
      cardinality(wall.list('communities')) > 0 and exists (select from dispute_mediator m
        where m.dispute_id = dispute and m.account_id = wall.account() and m.released_at is null)
    when wall.role() = 'CENTRE_MEDIATOR' then exists (
      select from referral r where r.dispute_id = dispute and r.status in ('PENDING', 'ACCEPTED', 'DONE')
        and r.organisation_id = any (wall.list('organisations')))
    end
$$;
-- An administrator looks after places, and sees the homes and premises of all communities without who is there.
create function wall.administers(grid uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select wall.role() = 'ADMIN' and not wall.acts()
    and exists (select from grid g where g.id = grid and g.community_id = any (wall.list('communities')))
$$;
-- A building head sees the homes and the people of the building.
create function wall.also_resident(resident uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select exists (select from resident r where r.id = resident and r.building_id = any (wall.list('buildings')))
$$;
-- The residents whom a search finds, in the viewer's grids or buildings. The operator of the index is not leakproof, so
-- row-level security would not let a query use it. `grids` only says that the viewer's places were read before.
-- A few grids are looked up in their index as well. Of many grids that would read everybody, so they are hashed.
-- It returns one array, because PostgreSQL enters a function of this kind again for each row of a set.
create function wall.found_residents(wanted text, grids uuid[]) returns uuid[]
language sql stable security definer set search_path = public, pg_temp as $$
  select array(
    select id from resident where array_to_tsvector(string_to_array(found_by, chr(10))) @@ wanted::tsquery
      and cardinality(grids) between 0 and 20
      and (grid_id = any ((select wall.grids())::uuid[]) or building_id = any (wall.list('buildings')))
    union all
    select id from resident where array_to_tsvector(string_to_array(found_by, chr(10))) @@ wanted::tsquery
      and cardinality(grids) > 20
      and (grid_id in (select unnest(wall.grids())) or building_id = any (wall.list('buildings'))))
$$;
create function wall.also_home(home uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select exists (select from household h
    where h.id = home and (h.building_id = any (wall.list('buildings')) or wall.administers(h.grid_id)))
$$;
-- What a visit said is kept before it changes.
create function wall.has_kept(visit uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from visit_correction c where c.visit_id = visit)
$$;
-- A holder of a site post sees the construction sites of the community.
create function wall.also_site(firm uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select wall.role() = 'GRID_WORKER' and exists (
    select from premises f join grid g on g.id = f.grid_id join site_post p on p.community_id = g.community_id
      join community c on c.id = g.community_id
    where f.id = firm and f.kind = 'CONSTRUCTION_SITE' and p.account_id = wall.account()
      and p.starts_on <= (now() at time zone c.time_zone)::date
      and (p.ends_on is null or p.ends_on >= (now() at time zone c.time_zone)::date)
      and c.id = any (wall.communities()))
$$;
-- Who leads: the office speaks for the community, a leader for an estate. Activities are also organised by the members
-- of the estate's Party branch.
create function wall.leads(community uuid, estate uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select case
    when wall.role() in ('COMMUNITY_STAFF', 'DEPUTY_DIRECTOR', 'SECRETARY') then community = any (wall.communities())
    when wall.role() = 'GRID_LEADER' then exists (
      select from grid g where g.estate_id = estate and g.id = any (wall.grids()))
    else false end
$$;
create function wall.organises(community uuid, estate uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select wall.leads(community, estate) or wall.role() in ('GRID_WORKER', 'GRID_LEADER', 'BUILDING_HEAD')
    and community = any (wall.communities()) and exists (
      select from branch_member m join party_branch b on b.id = m.party_branch_id
      where b.estate_id = estate and m.account_id = wall.account() and m.removed_at is null)
$$;
-- Notices are seen by their audience where it works, and by whoever leads there.
create function wall.is_told(notice uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select exists (select from notice n where n.id = notice and (wall.leads(n.community_id, n.estate_id)
    or n.community_id = any (wall.communities()) and case n.audience
      when 'PUBLIC' then wall.is_worker() or wall.role() = 'BUILDING_HEAD'
      when 'WORKERS' then wall.is_worker() and (n.estate_id is null or exists (
        select from grid g where g.estate_id = n.estate_id and g.id = any (wall.grids())))
      else wall.role() = 'BUILDING_HEAD' and (n.estate_id is null or exists (
        select from building b where b.estate_id = n.estate_id and b.id = any (wall.list('buildings')))) end))
$$;
create function wall.organises_activity(activity uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select exists (select from activity a where a.id = activity and wall.organises(a.community_id, a.estate_id))
$$;
-- Who sets up places, and the grids in which an administrator, who has none, does.
create function wall.sets_up() returns boolean language sql stable as $$
  select wall.acts() and wall.role() in ('SECRETARY', 'ADMIN')
$$;
create function wall.sets_up_in(grid uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select wall.acts() and wall.role() = 'ADMIN'
    and exists (select from grid g where g.id = grid and g.community_id = any (wall.communities()))
$$;
-- Whether homes or cases belong to a building. Who sets it up may not see them.
create function wall.is_in_use(building uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from household h where h.building_id = building)
    or exists (select from appeal a where a.building_id = building)
    or exists (select from incident i where i.building_id = building)
    or exists (select from wish w where w.building_id = building)
    or exists (select from help_call c where c.building_id = building)
$$;
-- Entries of a whole community are the workers', and those about an appeal that a correction brought to their grids.
-- Those about a published wish name no place, and are public. An administrator sees the entries about no person and no
-- case, an organisation those since the dispatch to it. Others see the entries about what they see.
create function wall.also_entry(entry bigint) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select exists (select from journal e where e.id = entry and (
    e.appeal_id = any (wall.list('cases')) or e.wish_id = any (wall.list('cases')) or case
    when e.grid_id is null and e.wish_id is not null then wall.role() is not null
    when wall.acts() then e.community_id = any (wall.communities()) and wall.role() <> 'ADMIN'
    when wall.role() in ('GRID_WORKER', 'GRID_LEADER') and e.grid_id is not null then exists (
      select from appeal a where a.id = e.appeal_id and a.grid_id = any (wall.grids()))
    when wall.is_worker() or wall.role() = 'ADMIN' then
      e.community_id = any (wall.communities())
      and case when wall.is_worker() then e.grid_id is null else e.kind <> 'SITE_PATROLLED' and num_nonnulls(
        e.resident_id, e.household_id, e.visit_id, e.appeal_id, e.incident_id, e.wish_id, e.dispute_id, e.alert_id,
        e.call_id, e.activity_id, e.notice_id) = 0 end
      and (e.roster_week_id is null or wall.role() not in ('GRID_WORKER', 'ADMIN') or exists (
        select from roster_week w where w.id = e.roster_week_id and w.published_at is not null))
      and (e.notice_id is null or wall.is_told(e.notice_id))
      and (e.activity_id is null or wall.organises_activity(e.activity_id))
    when wall.role() = 'PARTNER' then case
      when e.appeal_id is null then exists (
        select from dispatch d where d.incident_id = e.incident_id and d.status in ('PENDING', 'ACCEPTED')
          and d.organisation_id = any (wall.list('organisations')) and d.dispatched_at <= e.occurred_at)
      else wall.also_appeal(e.appeal_id) and e.id >= (
        select max(d.id) from journal d where d.appeal_id = e.appeal_id and d.kind = 'APPEAL_DISPATCHED') end
    else wall.also_appeal(e.appeal_id) or wall.also_wish(e.wish_id) or wall.also_dispute(e.dispute_id)
      or exists (select from alert a where a.id = e.alert_id and a.building_id = any (wall.list('buildings')))
      or wall.role() = 'BUILDING_HEAD'
        and (wall.is_told(e.notice_id) or wall.organises_activity(e.activity_id))
    end))
$$;

-- Whose accounts and posts a role keeps. Nobody keeps their own role or a higher one.
create function wall.keeps_role(kept text) returns boolean language sql stable as $$
  select case wall.role()
    when 'COMMUNITY_STAFF' then kept in ('GRID_WORKER', 'GRID_LEADER', 'BUILDING_HEAD')
    when 'DEPUTY_DIRECTOR' then kept not in ('DEPUTY_DIRECTOR', 'SECRETARY', 'ADMIN')
    when 'SECRETARY' then kept not in ('SECRETARY', 'ADMIN')
    when 'ADMIN' then kept <> 'ADMIN'
    else false end
$$;
-- A role keeps the accounts of its communities, unless they have a post elsewhere that has not ended.
create function wall.may_keep(other uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from account v where v.id = other and wall.keeps_role(v.role))
    and (wall.role() = 'ADMIN' or exists (
      select from assignment a where a.account_id = other and a.community_id = any (wall.communities())) and not exists (
      select from post_open p where p.account_id = other and not p.community_id = any (wall.communities())))
$$;
create function wall.keeps(other uuid) returns boolean language sql stable as $$
  select wall.acts() and wall.may_keep(other)
$$;
-- Whoever has or had a post in the viewer's communities, and the viewer.
create function wall.is_colleague(other uuid) returns boolean
language sql stable cost 1 security definer set search_path = public, pg_temp as $$
  select exists (select from assignment a where a.account_id = other and a.community_id = any (wall.communities()))
    or exists (select from account v where v.id = other and v.id = wall.account() and v.disabled_at is null)
$$;
create function wall.administrates() returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select wall.role() = 'ADMIN' and exists (
    select from account v where v.id = wall.account() and v.role = 'ADMIN' and v.disabled_at is null)
$$;

-- Who keeps an account tells its devices apart by their names, to sign out a lost one. When they are used is not told.
create view kept_device with (security_barrier) as
  select d.id, d.account_id, d.name, d.first_seen_at from device d
  where wall.may_keep(d.account_id) and exists (select from device_session s where s.device_id = d.id
    and s.revoked_at is null and s.expires_at > now() and s.rotated_at > now() - interval '7 days');
-- What everybody may see, without the rest of the row.
create view board with (security_barrier) as select id, name, phone from community;
create view wish_wall with (security_barrier) as
  select w.id, w.community_id, w.status, w.published_text, w.published_at, w.claimant, w.claimed_at, w.fulfilled_at,
    (select name from community c where c.id = w.community_id) as community,
    (select time_zone from community c where c.id = w.community_id) as time_zone,
    (select phone from community c where c.id = w.community_id) as community_phone,
    coalesce((select name from organisation o where o.id = w.organisation_id),
      (select name from party_branch b where b.id = w.party_branch_id)) as claimed_for
  from wish w where w.status in ('PUBLISHED', 'CLAIMED', 'FULFILLED');
-- Notices to everybody, and activities. Of who comes, numbers from five on are told.
create view notice_wall with (security_barrier) as
  select n.id, n.community_id, n.title, n.body, n.published_at, n.until, c.name as community, c.time_zone,
    (select name from estate e where e.id = n.estate_id) as estate
  from notice n join community c on c.id = n.community_id
  where n.audience = 'PUBLIC' and n.withdrawn_at is null;
create view activity_wall with (security_barrier) as
  select a.id, a.community_id, a.what, a.place, a.begins_at, a.ends_at, a.wanted, a.skill, a.cancelled_at,
    a.cancel_reason, case when a.coming >= 5 then a.coming end as coming,
    coalesce(a.coming >= a.wanted, false) as is_full, c.name as community, c.time_zone,
    (select name from estate e where e.id = a.estate_id) as estate
  from activity a join community c on c.id = a.community_id;
-- The figures of the direct line, of months that are over. A month with fewer than five problems is not shown, and neither
-- is a number below five, nor one from which such a number follows.
create view direct_line_wall with (security_barrier) as
  with cell as (
    select a.community_id, date_trunc('month', a.opened_at at time zone c.time_zone)::date as month, a.category,
      count(*) as received, count(*) filter (where a.status = 'CLOSED') as resolved,
      count(*) filter (where a.status in ('REJECTED', 'WITHDRAWN')) as ended, count(a.rating) as rated,
      count(*) filter (where a.rating >= 4) as satisfied
    from appeal a join community c on c.id = a.community_id
    where a.kind = 'PROBLEM' and a.opened_at < date_trunc('month', now() at time zone c.time_zone) at time zone c.time_zone
    group by 1, 2, 3),
  month as (
    select community_id, month, sum(received) as received, sum(resolved) as resolved,
      sum(received) - sum(resolved) - sum(ended) as open, sum(ended) as ended, sum(rated) as rated,
      sum(satisfied) as satisfied,
      (array_agg(category order by received desc, category collate "C") filter (where received >= 5))[1] as category
    from cell group by 1, 2 having sum(received) >= 5)
  select m.community_id, c.name as community, m.month, m.received::integer,
    case when not exists (select from unnest(array[resolved, open, ended]) n where n between 1 and 4)
      then m.resolved::integer end as resolved,
    case when not exists (select from unnest(array[resolved, open, ended]) n where n between 1 and 4)
      then m.open::integer end as open,
    m.category,
    case when rated >= 5 and not exists (select from unnest(array[satisfied, rated - satisfied]) n where n between 1 and 4)
      then (m.satisfied / m.rated)::double precision end as satisfied
  from month m join community c on c.id = m.community_id;
-- Which doors a building has, for reading addresses. It does not tell who lives there.
create view door as select id, building_id, unit, room, room_key from household;
-- The names of premises, for the addresses of appeals about them. A name stands above the door.
create view firm as select id, name from premises;
-- Who sees a dispute sees who its parties are, and where, also of those who live elsewhere.
create view party_subject with (security_barrier) as
  with home as (select h.id, concat(b.label, h.unit || '单元', h.room) as address
    from household h join building b on b.id = h.building_id)
  select p.id, coalesce(r.name, (select address from home where id = p.household_id), f.name, o.name, p.outsider_name)
      as name,
    coalesce(s.name, p.speaker_name) as speaker_name,
    coalesce(r.phone, s.phone, p.speaker_phone, p.outsider_phone, o.phone) as phone,
    coalesce((select address from home where id = coalesce(p.household_id, r.household_id)), f.address) as address
  from dispute_party p left join resident r on r.id = p.resident_id left join premises f on f.id = p.premises_id
    left join resident s on s.id = p.speaker_id left join organisation o on o.id = p.organisation_id
  where exists (select from dispute d where d.id = p.dispute_id
    and (d.grid_id = any ((select wall.grids())::uuid[]) or wall.also_dispute(d.id)));
-- How many appeals the viewer's grids have. PostgreSQL compares the grid within the index here, and not for each of some
-- ten thousand entries. The policy of appeals uses another operator, so that their pages have good plans.
create view appeal_counted with (security_barrier) as
  select grid_id from appeal where grid_id = any ((select wall.grids())::uuid[]);
-- Where a resident belongs, for the policies below, and where an appeal does, for the first wall of its entries.
create view resident_place as select id, grid_id from resident;
create view appeal_place as select id, grid_id from appeal;
-- The live feed looks for news of all communities at once. It learns kinds and places, and no content.
create view feed_entry as select p.position, e.id, e.kind, e.community_id, e.grid_id, e.dispute_id, e.recorded_at
  from feed_position p join journal e on e.id = p.entry_id;
-- To whom it shows an appeal is recorded, by this: the appeal of an entry, or those of its incident.
create view feed_appeal as
  select e.id as entry_id, a.id from journal e join appeal a on a.id = e.appeal_id or a.incident_id = e.incident_id;
-- A retry of an act is recognised by its id, wherever its author works now.
create view done_act as select act_id, digest, actor_id from journal where act_id is not null
  union all select id, digest, actor_id from quiet_act;
grant select on kept_device, board, wish_wall, activity_wall, notice_wall, direct_line_wall, door, firm, party_subject,
  resident_place, appeal_place, feed_entry, feed_appeal, appeal_counted,
  done_act to tunping_app, tunping_worker;

-- tunping_staff reads what tunping_app reads, and writes nothing.
do $$
declare each record; app oid := 'tunping_app'::regrole;
begin
  for each in
    select c.relname, string_agg(quote_ident(a.attname), ', ') as columns,
      has_table_privilege(app, c.oid, 'select') as whole
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and has_column_privilege(app, c.oid, a.attnum, 'select')
      and c.relkind in ('r', 'v')
    group by c.oid
  loop
    execute format('grant select %s on %I to tunping_staff',
      case when each.whole then '' else '(' || each.columns || ')' end, each.relname);
  end loop;
end $$;

revoke all on all functions in schema wall from public;
grant execute on all functions in schema wall to tunping_app, tunping_staff, tunping_worker;

-- 3. Which rows ----------------------------------------------------------------------------------------------------
-- The same for everybody who may read the table: journal_kind; feed_position, feed_epoch, document and document_forgotten; photo_file (digests and sizes); sealing_generation;
-- visit_resident (ids, the mode and the time of a visit); message, of which the server reads when it was sent.
-- A policy is wider than the first wall where it says so. `(select …) is not null` looks up the row by its id; of
-- `exists` the planner would read all rows that the viewer sees.

-- What belongs to a community. A code or a receipt shows its places and categories too, and until when deadlines run.
do $$
declare each text; here text := 'community_id operator(wall.==) any ((select wall.communities())::uuid[])';
begin
  foreach each in array '{assignment, site_post, visit_policy, ladder_policy, mediation_policy, activity}'::text[] loop
    execute format('create policy seen on %I to tunping_app, tunping_staff using (%s)', each, here);
  end loop;
  foreach each in array '{estate, grid, building, organisation, category_policy, clock_policy}'::text[] loop
    execute format('create policy seen on %I to tunping_app using (%s or wall.opened(community_id))', each, here);
    execute format('create policy staff on %I for select to tunping_staff using (%s)', each, here);
  end loop;
end $$;

-- What belongs to a grid: people, duties and cases. The staff of a community sees what is in its grids, and never more.
-- For tunping_app the table says what others see. A building head sees the neighbours, and not their colours.
do $$
declare each record; here text := 'grid_id operator(wall.==) any ((select wall.grids())::uuid[])';
begin
  for each in
    select * from (values
      ('household', 'wall.also_home(id)'),
      ('resident', 'wall.also_resident(id)'),
      ('residency', 'building_id = any (wall.list(''buildings''))'),
      ('alert', 'building_id = any (wall.list(''buildings''))'),
      ('visit', null), ('duty_pause', null), ('invitation', null),
      ('appeal', 'wall.also_appeal(id)'),
      ('dispatch', 'wall.also_dispatch(id)'),
      ('incident', 'wall.also_incident(id)'),
      ('wish', 'wall.also_wish(id)'),
      ('dispute', 'wall.also_dispute(id)'),
      ('dispute_party', 'wall.also_dispute(dispute_id)'),
      ('finding', 'wall.also_dispute(dispute_id)')) as known (name, also)
  loop
    execute format('create policy seen on %I to tunping_app using (%s)',
      each.name, concat_ws(' or ', here, each.also));
    -- Residents are counted by the thousand. With `=` PostgreSQL compares the grid within the index, and plans are as good.
    -- A page of appeals with a filter would read all of its grids.
    execute format('create policy staff on %I for select to tunping_staff using (%s)',
      each.name, case when each.name = 'resident' then replace(here, 'operator(wall.==)', '=') else here end);
  end loop;
end $$;

-- A call in a whole estate or community is all its workers'. An act may be a resident's, who answers by a code.
create policy seen on help_call to tunping_app, tunping_staff using (
  grid_id operator(wall.==) any ((select wall.grids())::uuid[])
  or grid_id is null and (wall.is_worker() or wall.acts()) and community_id = any ((select wall.communities())::uuid[]));

-- Parts are seen with the whole.
do $$
declare each record;
begin
  for each in
    select whole, unnest(parts) as part from (values
      ('estate', '{party_branch}'::text[]),
      ('party_branch', '{branch_hours}'),
      ('alert', '{alert_rung}'),
      ('visit', '{visit_correction}'),
      ('visit_correction', '{visit_correction_resident}'),
      ('dispute', '{dispute_mediator, meeting, site_visit, proposal, agreement, evidence}'),
      ('meeting', '{meeting_party, meeting_guest}'),
      ('agreement', '{agreement_term, agreement_mark, performance_check}')) as known (whole, parts)
  loop
    execute format('create policy seen on %1$I to tunping_app, tunping_staff
      using ((select w.id from %2$I w where w.id = %2$s_id) is not null)', each.part, each.whole);
  end loop;
end $$;

-- Other places, and codes.
create policy seen on community to tunping_app
  using (id operator(wall.==) any ((select wall.communities())::uuid[]) or wall.opened(id));
create policy staff on community for select to tunping_staff
  using (id operator(wall.==) any ((select wall.communities())::uuid[]));
create policy seen on farm to tunping_app, tunping_staff
  using (exists (select from community c where c.farm_id = farm.id));
create policy seen on premises to tunping_app, tunping_staff
  using (grid_id operator(wall.==) any ((select wall.grids())::uuid[]) or wall.also_site(id)
    or wall.administers(grid_id));
-- An administrator adds communities and homes, and changes no home.
create policy founded on farm for insert to tunping_app with check (wall.acts() and wall.role() = 'ADMIN');
create policy founded on community for insert to tunping_app with check (wall.acts() and wall.role() = 'ADMIN');
create policy added on household for insert to tunping_app with check (wall.sets_up_in(grid_id));
create policy known on household for select to tunping_app using (wall.sets_up_in(grid_id));
create policy administered on premises to tunping_app using (wall.sets_up_in(grid_id));
do $$
declare each text;
begin
  foreach each in array
    '{community, estate, party_branch, grid, building, premises, organisation, category_policy}'::text[]
  loop
    execute format('create policy added_by on %I as restrictive for insert to tunping_app
      with check (wall.sets_up())', each);
    execute format('create policy changed_by on %I as restrictive for update to tunping_app
      using (true) with check (wall.sets_up())', each);
  end loop;
end $$;
create policy changed_by on farm as restrictive for update to tunping_app
  using (true) with check (wall.acts() and wall.role() = 'ADMIN');
create policy seen on qr_code to tunping_app, tunping_staff using (
  (select h.id from household h
    where h.id = household_id and h.grid_id = any ((select wall.grids())::uuid[])) is not null
  or (select b.id from building b
    where b.id = building_id and b.grid_id = any ((select wall.grids())::uuid[])) is not null
  or (select f.id from premises f
    where f.id = premises_id and f.grid_id = any ((select wall.grids())::uuid[])) is not null
  or target = 'COUNTER' and wall.is_worker() and community_id = any (wall.communities())
  or id = any (wall.list('cases')) or wall.acts() and community_id = any (wall.communities()));

-- Wider: the duties of a grid remain when a resident has moved away, and follow from the colours until then.
create policy seen on resident_colour to tunping_app, tunping_staff using (
  grid_id = any ((select wall.grids())::uuid[]) or (
  select s.id from residency s where s.resident_id = resident_colour.resident_id and s.moved_out_on + 1 > set_at
    and s.grid_id = any ((select wall.grids())::uuid[]) limit 1) is not null);
create policy seen on resident_key to tunping_app, tunping_staff using ((
  select r.id from resident_place r
  where r.id = resident_id and r.grid_id = any ((select wall.grids())::uuid[])) is not null);
create policy seen on resident_merge to tunping_app, tunping_staff using ((
  select r.id from resident_place r
  where r.id = kept_id and r.grid_id = any ((select wall.grids())::uuid[])) is not null);

-- Accounts and posts.
create policy seen on account to tunping_app using (
  community_id = any ((select wall.communities())::uuid[])
  or (select a.id from assignment a where a.account_id = account.id limit 1) is not null
  or id = wall.account() and disabled_at is null
  or (select wall.administrates()));
create policy staff on account for select to tunping_staff using (
  community_id = any ((select wall.communities())::uuid[]) or wall.is_colleague(id));
-- New ones are of a role that the act's author keeps. Changed are those that they keep, and their own.
create policy added on account as restrictive for insert to tunping_app
  with check (wall.acts() and wall.keeps_role(role) and disabled_at is null);
create policy changed on account as restrictive for update to tunping_app
  using (true) with check (wall.acts() and (id = wall.account() or wall.keeps(id)));
create policy seen on device to tunping_app, tunping_staff using (account_id = wall.account()
  and (select a.id from account a where a.id = account_id and a.disabled_at is null) is not null);
create policy seen on push_preference to tunping_app, tunping_staff using (account_id = wall.account()
  and (select a.id from account a where a.id = account_id and a.disabled_at is null) is not null);
-- In an act also those of others, whose address somebody else gave: they are removed, and never made or changed.
create policy seen on push_subscription to tunping_app, tunping_staff using (wall.acts() or account_id = wall.account()
  and (select a.id from account a where a.id = account_id and a.disabled_at is null) is not null);
create policy added on push_subscription as restrictive for insert to tunping_app
  with check (wall.acts() and account_id = wall.account());
create policy changed on push_subscription as restrictive for update to tunping_app
  using (true) with check (wall.acts() and account_id = wall.account());
create policy removed on push_subscription as restrictive for delete to tunping_app using (wall.acts());
create policy seen on submission to tunping_app, tunping_staff using (account_id = wall.account());
-- In an act also those of the accounts that the author keeps, to end them.
create policy seen on device_session to tunping_app, tunping_staff
  using (account_id = wall.account() or wall.acts() and wall.keeps(account_id));
-- Drafts are for those who plan.
create policy seen on roster_week to tunping_app, tunping_staff using (
  community_id operator(wall.==) any ((select wall.communities())::uuid[])
  and (wall.role() in ('GRID_LEADER', 'COMMUNITY_STAFF', 'DEPUTY_DIRECTOR', 'SECRETARY')
    or wall.role() in ('GRID_WORKER', 'ADMIN') and published_at is not null or wall.acts()));
create policy seen on roster_shift to tunping_app, tunping_staff
  using (exists (select from roster_week w where w.id = week_id));
-- Wider in an act: a worker may be on the rosters of two communities, and has one shift a day.
create policy elsewhere on roster_shift for select to tunping_app using (wall.acts());

-- Colleagues know the members of Party branches.
create policy seen on branch_member to tunping_app, tunping_staff using (
  (wall.acts() or wall.is_worker() or wall.role() = 'BUILDING_HEAD')
  and (select b.id from party_branch b where b.id = party_branch_id) is not null);
-- Who comes to an activity: its organisers, those who come themselves, and whoever signed them up.
create policy seen on sign_up to tunping_app, tunping_staff using ((
  select a.id from activity a where a.id = activity_id and (wall.acts() or account_id = wall.account()
    or joined_by = wall.account() or wall.organises(a.community_id, a.estate_id))) is not null);
create policy seen on notice to tunping_app, tunping_staff using (
  community_id operator(wall.==) any ((select wall.communities())::uuid[]) and (wall.acts() or wall.is_told(id)));
-- That somebody has read a notice: they themselves, and for being counted whoever leads there.
create policy seen on notice_reading to tunping_app, tunping_staff using ((
  select n.id from notice n where n.id = notice_id and (wall.acts() or account_id = wall.account()
    or wall.leads(n.community_id, n.estate_id))) is not null);

-- Disputes.
-- Whoever sees a dispute is shown the name and the telephone of its parties. So nobody is made one from elsewhere.
create policy known on dispute_party as restrictive to tunping_app using (true) with check (
  (resident_id is null or exists (select from resident r where r.id = resident_id))
  and (household_id is null or exists (select from household h where h.id = household_id))
  and (premises_id is null or exists (select from premises p where p.id = premises_id))
  and (organisation_id is null or exists (select from organisation o where o.id = organisation_id))
  and (speaker_id is null or exists (select from resident r where r.id = speaker_id)));
-- The centre also sees the referrals that it sent back.
create policy seen on referral to tunping_app, tunping_staff using (case
  when wall.role() = 'CENTRE_MEDIATOR' and not wall.acts() then organisation_id = any (wall.list('organisations'))
  else exists (select from dispute d where d.id = dispute_id) end);
-- Those whose looks are recorded do not see them.
create policy seen on look to tunping_app, tunping_staff using (
  (select d.id from dispute d
    where d.id = dispute_id and d.grid_id = any ((select wall.grids())::uuid[])) is not null
  or (select a.id from appeal a
    where a.id = appeal_id and a.grid_id = any ((select wall.grids())::uuid[])) is not null);
-- The secretary learns who read unusually much.
create policy seen on access_notice to tunping_app, tunping_staff
  using (wall.role() = 'SECRETARY' and community_id = any ((select wall.communities())::uuid[]));

-- Construction sites.
create policy seen on site_patrol to tunping_app, tunping_staff using ((
  select p.id from premises p where p.id = premises_id
  and (p.grid_id = any ((select wall.grids())::uuid[]) or wall.also_site(p.id))) is not null);
create policy seen on site_patrol_worker to tunping_app, tunping_staff
  using ((select p.id from site_patrol p where p.id = patrol_id) is not null);
create policy seen on site_arrears to tunping_app, tunping_staff
  using ((select p.id from site_patrol p where p.id = patrol_id) is not null);

-- Call-backs are seen by those who work on the appeal.
create policy seen on call_back to tunping_app, tunping_staff using ((select a.id from appeal a
  where a.id = appeal_id and a.grid_id = any ((select wall.grids())::uuid[])) is not null);

-- Photos are seen with their case, and the journal by place or by case.
create policy seen on photo to tunping_app, tunping_staff using (
  (select a.id from appeal a where a.id = appeal_id) is not null
  or (select v.id from visit v where v.id = visit_id) is not null
  or (select d.id from dispute d where d.id = dispute_id) is not null);
create policy seen on journal to tunping_app, tunping_staff
  using (grid_id operator(wall.==) any ((select wall.grids())::uuid[]) or wall.also_entry(id));

create policy added on journal for insert to tunping_app
  with check (wall.acts() and community_id = any (wall.communities()));

-- A visit is changed only after what it said was kept, and a removed photo does not come back.
create policy corrected on visit as restrictive for update to tunping_app using (true)
  with check (wall.acts() and wall.has_kept(id));
create policy removed on photo as restrictive for update to tunping_app using (true)
  with check (wall.acts() and removed_at is not null);

-- Whom a visit reached is read by everybody, for the duties, added where the resident lives or lived, and changed where
-- the resident lives. A correction also removes those who have moved away since.
create policy seen on visit_resident for select to tunping_app, tunping_staff using (true);
create policy added on visit_resident for insert to tunping_app with check (wall.acts() and (
  (select r.id from resident_place r
    where r.id = resident_id and r.grid_id = any ((select wall.grids())::uuid[])) is not null
  or (select s.id from residency s where s.resident_id = visit_resident.resident_id limit 1) is not null));
create policy changed on visit_resident for update to tunping_app using (wall.acts() and (
  select r.id from resident_place r
  where r.id = resident_id and r.grid_id = any ((select wall.grids())::uuid[])) is not null);
create policy removed on visit_resident for delete to tunping_app using (wall.acts() and ((
  select r.id from resident_place r
  where r.id = resident_id and r.grid_id = any ((select wall.grids())::uuid[])) is not null
  or (select v.id from visit v where v.id = visit_id) is not null));
create policy seen on sealing_generation to tunping_app, tunping_staff using (true);

-- The row of a generation is only locked: the right to update a column changes none.
create policy locked on sealing_generation as restrictive for update to tunping_app using (true) with check (false);

-- What belongs to a case is written by the same statement as the case, which does not see it yet. So an act may add it,
-- and when the statement is done, a trigger checks that the act sees it: nothing is added to cases of other communities.
do $$
declare each text; sees text;
begin
  foreach each in array '{resident_key, resident_merge, dispute_mediator, meeting, meeting_party, meeting_guest,
    site_visit, proposal, agreement, agreement_term, agreement_mark, performance_check, referral, evidence, look,
    site_patrol, site_patrol_worker, site_arrears, photo, roster_shift, call_back}'::text[]
  loop
    execute format('create policy added on %I for insert to tunping_app with check (wall.acts())', each);
    sees := case each
      when 'resident_key' then 'exists (select from resident r where r.id = a.resident_id)'
      when 'roster_shift' then 'exists (select from roster_week w where w.id = a.week_id)'
      else format('exists (select from %I t where t.id = a.id)', each) end;
    execute format('create function wall.added_to_%s() returns trigger language plpgsql as $added$ begin
        if exists (select from added a where not (%s)) then
          raise insufficient_privilege using message = ''a new row belongs to what the act does not see'';
        end if;
        return null;
      end $added$', each, sees);
    execute format('create trigger added after insert on %I referencing new table as added
      for each statement when (wall.acts()) execute function wall.added_to_%s()', each, each);
  end loop;
end $$;

-- Whoever is not named in a policy sees nothing. The owner and the worker are named for every table.
do $$
declare each record;
begin
  for each in select distinct tablename from pg_policies where schemaname = 'public' and policyname = 'seen' loop
    execute format('create policy everything on %I to current_user, tunping_worker using (true)', each.tablename);
    execute format('alter table %I enable row level security, force row level security', each.tablename);
  end loop;
end $$;
