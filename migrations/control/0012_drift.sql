-- What targets look like, what they should look like, and where both differ.

-- Content by its fingerprint: thousands of targets share a few.
create table structure (
  id bigint generated always as identity primary key,
  -- Of all facets and of what cannot be compared.
  fingerprint text collate "C" not null unique,
  -- {facet: fingerprint}
  facets jsonb not null,
  objects jsonb not null,
  uncompared jsonb not null default '[]',
  made_at timestamptz not null default now()
);

-- What a trace that was seen before stands for, so that its target need not be read in full.
create table structure_trace (
  -- Of what snapshots and traces say; those of another release are not comparable.
  format integer not null,
  server_major integer not null,
  trace text collate "C" not null,
  structure_id bigint not null references structure,
  used_on date not null default current_date,
  primary key (format, server_major, trace)
);
create index structure_trace_structure on structure_trace (structure_id);

-- What the first migrations of a set make in a database, or why that is not known.
create table reference (
  set_id bigint not null references migration_set on delete cascade,
  database_id bigint not null references database on delete cascade,
  -- Of the history that a target at this version has.
  digest text collate "C" not null,
  server_major integer not null,
  format integer not null,
  structure_id bigint references structure,
  -- {code, message, detail, file, line, statement, …}: as of an attempt.
  problem jsonb,
  made_at timestamptz not null default now(),
  primary key (set_id, database_id, digest, server_major, format),
  check ((structure_id is null) = (problem is not null))
);
create index reference_structure on reference (structure_id);

-- One structure as it was seen at one version in one database, measured by its reference. Targets point here, so that what is found holds for all of them at once.
create table seen_structure (
  id bigint generated always as identity primary key,
  set_id bigint not null references migration_set on delete cascade,
  database_id bigint not null references database on delete cascade,
  server_major integer not null,
  -- Of the history that the target had then; null in `version`: none was applied.
  digest text collate "C" not null,
  version text collate "C",
  structure_id bigint not null references structure,
  -- What follows is worked out anew whenever references, acceptances, facets or the fleet change.
  norm_id bigint references structure,
  -- What `findings` were worked out from.
  compared text,
  findings jsonb not null default '[]',
  shape text collate "C" not null default '',
  letter text,
  state text not null default 'unknown' check (state in ('norm', 'accepted', 'drifted', 'unknown')),
  severity text check (severity in ('breaks', 'slows', 'harmless')),
  -- The first of its acceptances to run out; then it is drifted.
  accepted_until timestamptz,
  problem text,
  unique (set_id, database_id, digest, server_major, structure_id)
);
create index seen_structure_structure on seen_structure (structure_id);
create index seen_structure_norm on seen_structure (norm_id);
create index seen_structure_shape on seen_structure (shape);

-- Of the newest look at the structure, which may be older than that at the version. A look that finds what was there before writes no indexed column.
alter table observation
  add column seen_id bigint references seen_structure on delete set null,
  add column structure_at timestamptz,
  -- Since when it has this structure, and the run that it was first seen after; null: outside of Tenantry.
  add column structure_since timestamptz,
  add column structure_after_run bigint;
create index observation_seen on observation (seen_id);

create table drift_acceptance (
  id bigint generated always as identity primary key,
  set_id bigint not null references migration_set on delete cascade,
  finding text collate "C" not null,
  sentence text not null,
  reason text not null,
  accepted_by text not null,
  accepted_at timestamptz not null default now(),
  until timestamptz,
  ended_at timestamptz,
  ended_by text
);
create unique index drift_acceptance_open on drift_acceptance (set_id, finding) where ended_at is null;

alter table migration_set add column ignored_facets text[] not null default '{}'
  check (ignored_facets <@ array['order', 'comments', 'owner', 'grants', 'storage']);

create table drift_day (
  set_id bigint not null references migration_set on delete cascade,
  day date not null,
  compared integer not null,
  drifted integer not null,
  primary key (set_id, day)
);
