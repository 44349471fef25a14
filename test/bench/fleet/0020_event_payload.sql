alter table events add column payload jsonb not null default '{}';
