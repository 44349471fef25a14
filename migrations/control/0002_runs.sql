-- Runs, their items and attempts, and who drives which server.

create table run (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('migrate', 'onboard')),
  state text not null default 'queued'
    check (state in ('queued', 'running', 'pausing', 'paused', 'cancelling', 'cancelled', 'succeeded', 'failed')),
  set_id bigint not null references migration_set,
  to_version text collate "C",
  -- The frozen plan: [{version, name, checksum, transactional}], in order.
  migrations jsonb not null,
  digest text not null,
  parent_run_id bigint references run,
  note text not null default '',
  started_by text not null,
  max_concurrent integer check (max_concurrent between 1 and 200),
  failure_tolerance text,
  -- The tolerance as a number of failed items; null: no limit.
  failures_allowed integer check (failures_allowed >= 0),
  stop_reason text,
  -- Counts the reports of the conductors; a reader asks for what changed after the revision it has.
  revision bigint not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  verified_at timestamptz,
  verified_targets integer,
  verified_mismatches integer
) with (fillfactor = 50);
create index run_open on run (id) where state not in ('succeeded', 'failed', 'cancelled');
create index run_parent on run (parent_run_id) where parent_run_id is not null;

create table run_item (
  run_id bigint not null references run,
  position integer not null,
  target_id bigint not null references target,
  tenant_id bigint not null references tenant,
  server_id bigint not null references server,
  state text not null default 'pending'
    check (state in ('pending', 'running', 'succeeded', 'failed', 'skipped', 'interrupted', 'cancelled')),
  revision bigint not null default 0,
  attempts integer not null default 0,
  from_version text collate "C",
  to_version text collate "C",
  next_attempt_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  -- Work of the last attempt itself, without waiting.
  duration_ms integer,
  error jsonb,
  -- Digest of SQLSTATE, normalised message and statement: equal for failures of one cause.
  cause text,
  options jsonb,
  primary key (run_id, position)
) with (fillfactor = 50);
-- A target is never worked on by two runs at once.
create unique index run_item_one_writer on run_item (target_id) where state in ('pending', 'running', 'interrupted');
create index run_item_open on run_item (server_id, run_id, position) where state in ('pending', 'running', 'interrupted');
create index run_item_changed on run_item (run_id, revision);
create index run_item_target on run_item (target_id, run_id desc);
create index run_item_tenant on run_item (tenant_id, run_id desc);

create table attempt (
  run_id bigint not null,
  position integer not null,
  number integer not null,
  state text not null check (state in ('succeeded', 'failed', 'interrupted')),
  started_at timestamptz not null,
  finished_at timestamptz not null,
  versions_applied text[] not null default '{}',
  worker text not null,
  backend_pid integer,
  error jsonb,
  primary key (run_id, position, number),
  foreign key (run_id, position) references run_item
);

-- Who drives a server. The epoch grows with each takeover; a report with an older one is refused.
create table conductor (
  server_id bigint primary key references server on delete cascade,
  epoch bigint not null default 0,
  worker text,
  heartbeat_at timestamptz,
  waiting_for text
);

create table worker (
  name text primary key,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now()
);
