-- Servers, databases, migration sets, tenants and where each tenant lives.

create table setting (
  key text primary key,
  value jsonb not null
);

-- Tells this control plane's backends and locks apart from another one's on the same server.
insert into setting (key, value) values ('installation', to_jsonb(substr(md5(gen_random_uuid()::text), 1, 8)));

create table server (
  id bigint generated always as identity primary key,
  -- pg_control_system().system_identifier where it may be read, else host:port.
  identity text not null unique,
  name text not null,
  version text not null,
  version_num integer not null,
  max_connections integer not null,
  reserved_connections integer not null,
  budget integer not null check (budget between 1 and 200),
  created_at timestamptz not null default now()
);

create table database (
  id bigint generated always as identity primary key,
  server_id bigint not null references server,
  name text not null unique,
  host text not null,
  port integer not null,
  dbname text not null,
  username text not null,
  -- AES-256-GCM; never leaves the process in clear.
  url_sealed bytea not null,
  reachable boolean not null default true,
  problem text,
  connections_used integer,
  connections_ours integer,
  bytes bigint,
  checked_at timestamptz,
  created_at timestamptz not null default now(),
  unique (server_id, dbname)
);

create table migration_set (
  id bigint generated always as identity primary key,
  name text not null unique,
  directory text,
  default_database_id bigint references database,
  seed_sql text,
  synced_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);

-- What a checksum stands for never changes, so a run executes what it froze whatever happens to the set.
create table migration_content (
  checksum text primary key,
  sql text not null
);

create table migration (
  set_id bigint not null references migration_set on delete cascade,
  version text collate "C" not null,
  position integer not null check (position > 0),
  name text not null,
  file text not null,
  checksum text not null references migration_content,
  -- Digest of all versions and checksums up to and including this one: equal to the digest of a history that holds just these.
  prefix_digest text not null,
  transactional boolean not null,
  down_sql text,
  findings jsonb not null default '[]',
  primary key (set_id, version),
  unique (set_id, position) deferrable initially deferred
);
create index migration_prefix on migration (set_id, prefix_digest);

create table tenant (
  id bigint generated always as identity primary key,
  slug text collate "C" not null unique check (slug ~ '^[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*$' and length(slug) <= 48),
  name text not null,
  hosts text[] not null default '{}',
  labels jsonb not null default '{}' check (jsonb_typeof(labels) = 'object'),
  state text not null default 'provisioning' check (state in ('provisioning', 'active', 'suspended', 'archived')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index tenant_labels on tenant using gin (labels jsonb_path_ops);

create table target (
  id bigint generated always as identity primary key,
  set_id bigint not null references migration_set,
  database_id bigint not null references database,
  schema_name text collate "C" not null,
  isolation text not null check (isolation in ('shared', 'schema', 'database')),
  created_at timestamptz not null default now(),
  -- One history a schema, so one target.
  unique (database_id, schema_name),
  unique (id, isolation)
);
create index target_set on target (set_id);

create table placement (
  tenant_id bigint not null references tenant,
  set_id bigint not null references migration_set,
  target_id bigint not null,
  isolation text not null,
  role_name text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, set_id),
  foreign key (target_id, isolation) references target (id, isolation)
);
-- Two tenants share a target only where rows are kept apart inside it.
create unique index placement_own_target on placement (target_id) where isolation <> 'shared';
create index placement_target on placement (target_id);

-- What was last seen of a target. A cache: rebuilt by looking.
create table observation (
  target_id bigint primary key references target on delete cascade,
  observed_at timestamptz not null,
  version text collate "C",
  applied integer not null default 0,
  digest text,
  version_state text not null check (version_state in ('at_head', 'behind', 'ahead', 'diverged', 'unreachable')),
  pending integer,
  remark text,
  bytes bigint,
  bytes_at timestamptz
) with (fillfactor = 70);
create index observation_state on observation (version_state);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor_kind text not null check (actor_kind in ('person', 'cli', 'system')),
  actor_id text,
  actor_label text not null,
  action text not null,
  subject_kind text not null,
  subject text not null,
  details jsonb not null default '{}'
);
create index audit_subject on audit (subject_kind, subject, id desc);
create index audit_action on audit (action, id desc);
