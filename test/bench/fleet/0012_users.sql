create table users (
  id bigint generated always as identity primary key,
  email text not null,
  full_name text not null,
  is_active boolean not null default true
);
create unique index users_email_key on users (lower(email));
