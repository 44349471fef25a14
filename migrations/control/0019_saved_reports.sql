-- Reports that are kept with a name: who may run and change them, what they were before, when they run by themselves, and what figures come of them.
create table saved_report (
  id bigint generated always as identity primary key,
  name text not null check (char_length(name) between 1 and 120),
  description text not null default '',
  set_id bigint not null references migration_set,
  sql text not null,
  -- The second SELECT, over the rows that came back.
  combine text,
  -- How it is drawn: the page's own.
  chart jsonb check (jsonb_typeof(chart) = 'object'),
  params jsonb not null default '{}' check (jsonb_typeof(params) = 'object'),
  selection jsonb not null check (jsonb_typeof(selection) = 'object'),
  row_cap integer not null check (row_cap > 0),
  -- The person's id; null: not a person's.
  owner_id text,
  owner text not null,
  -- Beside admins.
  runnable_by text[] not null default '{}' check (runnable_by <@ array['operator', 'support']),
  -- Beside admins: its owner alone, or all operators.
  changeable_by text not null default 'owner' check (changeable_by in ('owner', 'operators')),
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by text not null
);
create unique index saved_report_name on saved_report (lower(name));
create index saved_report_set on saved_report (set_id);

create table saved_report_edit (
  report_id bigint not null references saved_report on delete cascade,
  revision integer not null,
  at timestamptz not null default now(),
  by text not null,
  -- All that was saved, as it was then.
  content jsonb not null check (jsonb_typeof(content) = 'object'),
  -- The revision that this one brought back.
  restored integer,
  primary key (report_id, revision)
);

create table report_schedule (
  report_id bigint primary key references saved_report on delete cascade,
  cron text not null,
  timezone text not null,
  enabled boolean not null default true,
  -- Null: never again.
  next_at timestamptz,
  set_by text not null,
  set_at timestamptz not null default now(),
  -- What became of the last time it was due.
  last_at timestamptz,
  last_run_id bigint references run on delete set null,
  -- Why it was not started then.
  last_problem text
);
create index report_schedule_due on report_schedule (next_at) where enabled;
create index report_schedule_last_run on report_schedule (last_run_id);

create table report_figure (
  id bigint generated always as identity primary key,
  report_id bigint not null references saved_report on delete cascade,
  position integer not null,
  name text not null check (char_length(name) between 1 and 80),
  -- Of the first combined row, or worked out from all rows.
  source text not null check (source in ('combined', 'rows')),
  aggregate text check (aggregate in ('count', 'sum', 'avg', 'min', 'max')),
  -- Null: rows are counted.
  column_name text,
  is_pinned boolean not null default false,
  line text check (line in ('above', 'below')),
  line_value numeric,
  -- Since when its newest value has been beyond the line.
  alerting_since timestamptz,
  unique (report_id, name),
  check ((source = 'rows') = (aggregate is not null)),
  check (column_name is not null or aggregate = 'count'),
  check ((line is null) = (line_value is null))
);

-- Kept when the rows that they come from are dropped.
create table report_figure_value (
  figure_id bigint not null references report_figure on delete cascade,
  run_id bigint not null references run on delete cascade,
  at timestamptz not null,
  -- Null: there was none, for the reason in problem, or it was NULL.
  value numeric,
  problem text,
  answered integer not null,
  tenants integer not null,
  primary key (figure_id, run_id)
);
create index report_figure_value_at on report_figure_value (figure_id, at);
create index report_figure_value_run on report_figure_value (run_id);

alter table report_run
  add column report_id bigint references saved_report on delete set null,
  add column selection jsonb,
  -- With the report's own text, values and tenants, and not with others for once: its figures count.
  add column is_as_saved boolean not null default false,
  -- This run behind those whose silent tenants it asks again, oldest first: their rows are one result.
  add column chain bigint[] not null default '{}',
  add column figures_at timestamptz;
update report_run set chain = array[run_id];
alter table report_run
  alter column chain drop default,
  add check (chain[cardinality(chain)] = run_id);
create index report_run_report on report_run (report_id, run_id);
create index report_run_chain on report_run using gin (chain);
create index report_run_figures_due on report_run (run_id) where is_as_saved and figures_at is null;

-- Where a row comes to lie says nothing of when it came: results that are there get a number for each row, as new ones have it.
do $$
declare
  place text;
begin
  for place in select 'tenantry_report_' || run_id from report_run where dropped_at is null loop
    if to_regclass(format('%I.collected', place)) is not null then
      execute format('alter table %I.collected add column tenantry_row bigint not null generated by default as identity', place);
    end if;
  end loop;
end $$;
