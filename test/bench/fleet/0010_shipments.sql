create table shipments (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders,
  address_id bigint not null references addresses,
  tracking_code text,
  shipped_at timestamptz
);
create index shipments_order_idx on shipments (order_id);
