-- Reminders went out on the day of issue: an old import had swapped the two dates of some invoices.
-- From here on an invoice can't be due before it is issued, and each one remembers its last reminder.

alter table invoices add column reminded_at timestamptz;
create index invoices_reminder_idx on invoices (due_on, reminded_at) where paid_on is null;

alter table invoices add constraint invoices_due_after_issue check (due_on >= issued_on);
