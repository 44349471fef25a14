-- Runs that lead targets of one shape to their norm.
alter table run
  drop constraint run_kind_check,
  add constraint run_kind_check check (kind in ('migrate', 'onboard', 'repair')),
  -- The frozen plan of a repair: {shape, script, before, left, ignored, …}; its migrations are none.
  add column repair jsonb,
  add column norm_id bigint references structure,
  add constraint run_repair check ((kind = 'repair') = (repair is not null and norm_id is not null));
create index run_norm on run (norm_id) where norm_id is not null;
