-- Customers asked where the hours were worked.

create table sites (
  id bigint generated always as identity primary key,
  name text not null,
  city text not null,
  timezone text not null default 'Europe/Berlin',
  is_archived boolean not null default false,
  created_at timestamptz not null default now(),
  constraint sites_name_key unique (name)
);

alter table work_logs add column site_id bigint references sites on delete set null;
create index work_logs_site_idx on work_logs (site_id) where site_id is not null;
