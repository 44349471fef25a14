-- Planning: a shift is offered, accepted, and worked or missed.

create type shift_state as enum ('offered', 'accepted', 'worked', 'missed');

create table shifts (
  id bigint generated always as identity primary key,
  site_id bigint not null references sites on delete cascade,
  employee_id bigint references employees on delete set null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  state shift_state not null default 'offered',
  created_at timestamptz not null default now(),
  constraint shifts_end_after_start check (ends_at > starts_at)
);
create index shifts_site_starts_idx on shifts (site_id, starts_at);
create index shifts_employee_starts_idx on shifts (employee_id, starts_at) where employee_id is not null;

alter table work_logs add column shift_id bigint references shifts on delete set null;
