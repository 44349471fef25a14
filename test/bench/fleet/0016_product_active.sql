alter table products add column is_active boolean not null default true;
create index products_active_idx on products (title) where is_active;
