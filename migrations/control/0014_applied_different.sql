-- What the structures of a run's targets showed when they were read back: applied, but different from what the version's migrations make.
alter table run add column verified_different integer;
alter table run_item
  add column differs boolean not null default false,
  -- The sighting of its target before the run, where that had drifted already: what differed then is not the run's.
  add column seen_before bigint;
