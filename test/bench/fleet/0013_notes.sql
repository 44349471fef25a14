create table notes (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customers on delete cascade,
  user_id bigint references users on delete set null,
  body text not null,
  written_at timestamptz not null default now()
);
create index notes_customer_idx on notes (customer_id);
