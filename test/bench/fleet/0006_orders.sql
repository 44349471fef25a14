create table orders (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customers,
  placed_at timestamptz not null default now(),
  note text not null default ''
);
create index orders_customer_idx on orders (customer_id);
create index orders_placed_idx on orders (placed_at desc);
