create table order_lines (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders on delete cascade,
  product_id bigint not null references products,
  quantity integer not null check (quantity > 0),
  cents integer not null check (cents >= 0)
);
create index order_lines_order_idx on order_lines (order_id);
create index order_lines_product_idx on order_lines (product_id);
