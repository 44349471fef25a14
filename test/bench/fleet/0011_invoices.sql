create table invoices (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders,
  number text not null,
  issued_on date not null default current_date,
  due_on date not null
);
create unique index invoices_number_key on invoices (number);
create index invoices_order_idx on invoices (order_id);
