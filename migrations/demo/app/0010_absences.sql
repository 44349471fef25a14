-- Holidays and sick days; a day is never counted twice for one person.

create type absence_kind as enum ('holiday', 'sick', 'parental', 'unpaid');

create table absences (
  id bigint generated always as identity primary key,
  employee_id bigint not null references employees on delete cascade,
  kind absence_kind not null,
  first_day date not null,
  last_day date not null,
  approved_at timestamptz,
  created_at timestamptz not null default now(),
  constraint absences_days_in_order check (last_day >= first_day),
  constraint absences_first_day_key unique (employee_id, first_day)
);
create index absences_days_idx on absences (first_day, last_day);
create index absences_waiting_idx on absences (created_at) where approved_at is null;
