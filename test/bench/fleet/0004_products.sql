create table products (
  id bigint generated always as identity primary key,
  category_id bigint not null references categories,
  sku text not null,
  title text not null,
  description text not null default '',
  created_at timestamptz not null default now()
);
create unique index products_sku_key on products (sku);
create index products_category_idx on products (category_id);
