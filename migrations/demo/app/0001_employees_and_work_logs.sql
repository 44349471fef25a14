-- Who works, and when they did.

create table employees (
  id bigint generated always as identity primary key,
  full_name text not null check (length(full_name) between 1 and 200),
  email text not null,
  is_active boolean not null default true,
  hired_on date not null default current_date,
  created_at timestamptz not null default now()
);
create unique index employees_email_key on employees (lower(email));

create table work_logs (
  id bigint generated always as identity primary key,
  employee_id bigint not null references employees on delete cascade,
  started_at timestamptz not null,
  ended_at timestamptz,
  note text not null default '',
  created_at timestamptz not null default now()
);
create index work_logs_employee_started_idx on work_logs (employee_id, started_at desc);
create index work_logs_started_idx on work_logs (started_at);
-- Somebody who is at work now has one open row.
create unique index work_logs_one_open_idx on work_logs (employee_id) where ended_at is null;
