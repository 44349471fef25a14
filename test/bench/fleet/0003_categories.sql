create table categories (
  id bigint generated always as identity primary key,
  name text not null,
  parent_id bigint references categories
);
create unique index categories_name_key on categories (name);
