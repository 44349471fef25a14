-- What is known of a shape once no target has it any more: links to it go on saying what it was. One row a shape, kept for a while after it was last seen.
create table shape_last_seen (
  set_id bigint not null references migration_set on delete cascade,
  shape text collate "C" not null,
  version text collate "C",
  -- Null for a norm, and where there is no reference.
  letter text,
  is_norm boolean not null,
  -- How many targets had it when it was said last, and the first of their tenants.
  targets integer not null,
  tenants bigint[] not null,
  seen_at timestamptz not null,
  primary key (set_id, shape)
);
