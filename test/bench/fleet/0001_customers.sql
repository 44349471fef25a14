create table customers (
  id bigint generated always as identity primary key,
  name text not null check (length(name) between 1 and 200),
  email text not null,
  created_at timestamptz not null default now()
);
create unique index customers_email_key on customers (lower(email));
