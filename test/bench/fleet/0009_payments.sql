create table payments (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders,
  cents integer not null check (cents > 0),
  paid_at timestamptz not null default now()
);
create index payments_order_idx on payments (order_id);
