create table events (
  id bigint generated always as identity primary key,
  kind text not null,
  occurred_at timestamptz not null default now()
);
create index events_occurred_idx on events (occurred_at desc);
