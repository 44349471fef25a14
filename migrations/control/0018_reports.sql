-- Reports: one SELECT over all tenants. Their items only read, so they are in nobody's way.
alter table run
  drop constraint run_kind_check,
  add constraint run_kind_check check (kind in ('migrate', 'onboard', 'repair', 'report'));

alter table run_item add column reads boolean not null default false;
drop index run_item_one_writer;
create unique index run_item_one_writer on run_item (target_id) where state in ('pending', 'running', 'interrupted') and not reads;

-- What is asked. The rows are in a schema of the run's own, tenantry_report_<run>, until they are dropped.
create table report_run (
  run_id bigint primary key references run on delete cascade,
  -- As it was written, and as it is sent with its values.
  sql text not null,
  statement text not null,
  params jsonb not null default '{}' check (jsonb_typeof(params) = 'object'),
  -- [{name, type, oid}], in order; oid 0: kept as text.
  columns jsonb not null,
  row_cap integer not null check (row_cap > 0),
  row_count bigint not null default 0,
  expires_at timestamptz not null,
  dropped_at timestamptz
);
create index report_run_kept on report_run (expires_at) where dropped_at is null;
