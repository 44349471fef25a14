-- Job titles and what an hour costs, in cents.

alter table employees
  add column job_title text not null default 'Staff',
  add column hourly_rate_cents integer not null default 0 check (hourly_rate_cents >= 0);

create index employees_active_name_idx on employees (full_name) where is_active;
