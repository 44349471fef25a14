-- Reports over mixed versions: what becomes of a tenant that lacks a column or a table, and who was answered with NULL for what.
alter table report_run
  -- Such a tenant is named and does not answer, or answers with NULL in its place.
  add column missing text not null default 'name' check (missing in ('name', 'null')),
  -- [{name, isOnly, columns: [{name, type, instead, isAsked}]}]: tables of the set's newest structure that the text names; null where tenants are named.
  add column fill jsonb check (jsonb_typeof(fill) = 'array'),
  add check (missing = 'null' or fill is null);

alter table saved_report add column missing text not null default 'name' check (missing in ('name', 'null'));

-- Of items that have succeeded with NULL in place of something.
create table report_filled (
  run_id bigint not null,
  position integer not null,
  -- [{table, columns}]; columns null: the whole table.
  lacks jsonb not null check (jsonb_typeof(lacks) = 'array'),
  primary key (run_id, position),
  foreign key (run_id, position) references run_item on delete cascade
);
