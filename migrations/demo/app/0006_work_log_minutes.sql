-- Breaks are taken off, and the minutes of a row are kept beside it, because every report adds them up.

alter table work_logs
  add column break_minutes integer not null default 0,
  add column minutes integer generated always as (
    (extract(epoch from ended_at - started_at) / 60)::integer - break_minutes
  ) stored;

alter table work_logs add constraint work_logs_end_after_start check (ended_at is null or ended_at > started_at);
