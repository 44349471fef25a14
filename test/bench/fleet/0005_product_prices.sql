create table product_prices (
  id bigint generated always as identity primary key,
  product_id bigint not null references products on delete cascade,
  valid_from date not null default current_date,
  cents integer not null check (cents >= 0)
);
create index product_prices_valid_idx on product_prices (product_id, valid_from desc);
