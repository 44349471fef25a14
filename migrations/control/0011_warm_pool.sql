-- The warm pool: how many ready schemas a set keeps in a database, and each of them. A row is there before its schema is, and goes after the schema is gone or is a tenant's.
create table pool (
  set_id bigint not null references migration_set on delete cascade,
  database_id bigint not null references database,
  size integer not null check (size between 0 and 1000),
  -- Why no schema of this set can be kept there, for people; tried again when the set is not the one any more that it was found for.
  problem text,
  problem_of text,
  -- What kept it from being filled passes; not tried again before then.
  retry_at timestamptz,
  primary key (set_id, database_id)
);

create table pool_schema (
  id bigint generated always as identity primary key,
  set_id bigint not null,
  database_id bigint not null,
  -- Its role has the same name.
  schema_name text collate "C" not null unique,
  -- Of the history, and of the seed that ran after it.
  digest text not null,
  seed text not null,
  state text not null default 'building' check (state in ('building', 'ready', 'claimed', 'leaving')),
  -- Functions that name the schema in their text or settings, which a rename does not carry.
  functions bigint[] not null default '{}',
  -- Schemas of extensions beside it in the search_path that it was built under.
  extensions text not null default '',
  claimed_run bigint,
  claimed_position integer,
  made_at timestamptz not null default now(),
  foreign key (set_id, database_id) references pool,
  foreign key (claimed_run, claimed_position) references run_item,
  check ((state = 'claimed') = (claimed_run is not null)),
  check ((claimed_run is null) = (claimed_position is null))
);
create index pool_schema_of on pool_schema (set_id, database_id, state);
create unique index pool_schema_claim on pool_schema (claimed_run, claimed_position) where claimed_run is not null;

-- When the database was last looked through for pool schemas that nobody owns.
alter table database add column pool_swept_at timestamptz;

-- The process that started the run carries its items itself; until then conductors leave it alone.
alter table run add column held_until timestamptz;

alter table attempt add column claimed boolean not null default false;
