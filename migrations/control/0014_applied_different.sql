-- What the structures of a run's targets showed when they were read back: applied, but different from what the version's migrations make.
alter table run add column verified_different integer;
alter table run_item add column differs boolean not null default false;
