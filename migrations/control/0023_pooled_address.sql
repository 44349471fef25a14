-- The address by which applications reach the database through a connection pooler. What needs a session of its own never goes that way: it has the direct one.
alter table database
  add column pooler_sealed bytea,
  add column pooler_host text,
  add column pooler_port integer,
  -- Null: it answered, and for the same database, when it was last looked at.
  add column pooler_problem text,
  add constraint pooler_whole check (num_nulls(pooler_sealed, pooler_host, pooler_port) in (0, 3)),
  add constraint pooler_problem_of_one check (pooler_problem is null or pooler_sealed is not null);
