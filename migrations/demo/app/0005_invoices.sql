-- Hours become money: invoices with their lines.

create table invoices (
  id bigint generated always as identity primary key,
  number text not null,
  customer text not null,
  issued_on date not null default current_date,
  due_on date not null,
  paid_on date,
  total_cents bigint not null default 0,
  created_at timestamptz not null default now(),
  constraint invoices_number_key unique (number)
);
create index invoices_unpaid_idx on invoices (due_on) where paid_on is null;

create table invoice_lines (
  invoice_id bigint not null references invoices on delete cascade,
  position integer not null check (position > 0),
  description text not null,
  minutes integer not null check (minutes >= 0),
  amount_cents bigint not null,
  primary key (invoice_id, position)
);
