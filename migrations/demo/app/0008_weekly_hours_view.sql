-- The page that managers open on Monday morning.

create view weekly_hours as
select
  e.id as employee_id,
  e.full_name,
  date_trunc('week', w.started_at at time zone 'UTC')::date as week,
  count(*) as logs,
  round(sum(w.minutes) / 60.0, 2) as hours,
  sum(w.minutes * e.hourly_rate_cents / 60) as cost_cents
from work_logs w
join employees e on e.id = w.employee_id
where w.ended_at is not null
group by e.id, e.full_name, date_trunc('week', w.started_at at time zone 'UTC')::date;
