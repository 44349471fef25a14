create table addresses (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customers on delete cascade,
  street text not null,
  city text not null,
  postal_code text not null,
  country char(2) not null
);
create index addresses_customer_idx on addresses (customer_id);
