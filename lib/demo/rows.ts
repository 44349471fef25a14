/** Believable rows for a tenant, made by the server itself: eight statements a tenant, whatever its size. */
import type { Sql, TransactionSql } from 'postgres'
import type { DemoTenant } from './fleet.ts'

const people = (tx: TransactionSql, tenant: DemoTenant) => tx`
  with word as (
    select
      array['Ada','Ben','Carla','David','Elena','Farid','Grace','Hugo','Ines','Jonas','Karin','Liam','Mara','Nils','Olga','Pavel','Rosa','Samir','Tara','Viktor'] as first,
      array['Adler','Becker','Castro','Dumont','Eriksen','Fischer','Garcia','Hansen','Ilic','Jansson','Keller','Larsen','Mendes','Nowak','Otto','Peters','Quinn','Rossi','Silva','Tanaka','Urban','Vogel','Weiss'] as last,
      array['Foreman','Fitter','Driver','Planner','Apprentice','Office','Nurse','Cook'] as job)
  insert into employees (full_name, email, job_title, hourly_rate_cents, is_active, hired_on)
  select
    first[1 + (n * 7) % 20] || ' ' || last[1 + (n * 11) % 23],
    lower(first[1 + (n * 7) % 20] || '.' || last[1 + (n * 11) % 23]) || n || '@' || ${tenant.slug} || '.example',
    job[1 + (n * 3) % 8],
    1450 + (n * 370) % 2600,
    n % 17 <> 0,
    current_date - 40 - (n * 53) % 2200
  from word, generate_series(1, ${tenant.employees}::int) n`

const places = (tx: TransactionSql, tenant: DemoTenant) => tx`
  insert into sites (name, city, timezone)
  select (array['Head office','Depot North','Workshop','Depot South','Showroom','Yard'])[n], city, zone
  from generate_series(1, ${Math.min(6, 1 + Math.floor(tenant.employees / 12))}::int) n,
    unnest(${tenant.region === 'eu' ? ['Hamburg', 'Lyon', 'Utrecht'] : ['Portland', 'Austin', 'Toledo']}::text[],
      ${tenant.region === 'eu' ? ['Europe/Berlin', 'Europe/Paris', 'Europe/Amsterdam'] : ['America/Los_Angeles', 'America/Chicago', 'America/New_York']}::text[])
      with ordinality as place (city, zone, spot)
  where spot = 1 + n % 3`

const numberedSites = (tx: TransactionSql) => tx`(select id, row_number() over (order by id) - 1 as spot, count(*) over () as sites from sites)`

const plannedShifts = (tx: TransactionSql) => tx`
  insert into shifts (site_id, employee_id, starts_at, ends_at, state)
  select s.id, e.id, day + interval '8 hours', day + interval '16 hours 30 minutes',
    case when day < current_date then case when e.id % 13 = 0 then 'missed' else 'worked' end when e.id % 3 = 0 then 'offered' else 'accepted' end::shift_state
  from employees e
  join ${numberedSites(tx)} s on s.spot = e.id % s.sites,
    generate_series(current_date - 3, current_date + 4, interval '1 day') day
  where e.is_active and extract(isodow from day) < 6`

const workedHours = (tx: TransactionSql, tenant: DemoTenant) => tx`
  insert into work_logs (employee_id, site_id, started_at, ended_at, break_minutes, note)
  select e.id, s.id, begun,
    case when ended < now() then ended end,
    30 + 15 * (e.id % 2)::int,
    case when (e.id + extract(doy from day)::int) % 19 = 0 then 'Forgot to clock out, corrected by hand' else '' end
  from employees e
  join ${numberedSites(tx)} s on s.spot = e.id % s.sites,
    generate_series(current_date - 7 * ${tenant.weeks}::int, current_date, interval '1 day') day,
    lateral (select day + make_interval(mins => 400 + ((e.id * 13 + extract(doy from day)::int * 7) % 90)::int) as begun) came,
    lateral (select begun + make_interval(mins => 420 + ((e.id * 31 + extract(doy from day)::int * 17) % 120)::int) as ended) went
  where e.is_active and begun < now() and extract(isodow from day) < 6 and (e.id + extract(doy from day)::int) % 11 <> 0`

const bills = (tx: TransactionSql, tenant: DemoTenant) => tx`
  insert into invoices (number, customer, issued_on, due_on, paid_on)
  select
    to_char(current_date - 9 * n, 'YYYY') || '-' || lpad((1000 - n)::text, 4, '0'),
    (array['City of Harlow','Nordwind AG','Bright & Sons','Atelier Petit','Sunrise Clinics','Kestrel Rail','Blue Door Homes'])[1 + n % 7],
    current_date - 9 * n,
    current_date - 9 * n + 14,
    case when n > 2 and n % 6 <> 0 then current_date - 9 * n + 10 end
  from generate_series(1, ${6 + Math.min(40, tenant.employees)}::int) n`

/** An import of years ago wrote the day of issue where the due date belongs, and the other way round. */
const swappedBills = (tx: TransactionSql, tenant: DemoTenant) => tx`
  insert into invoices (number, customer, issued_on, due_on, paid_on)
  select 'IMP-' || lpad(n::text, 4, '0'), 'Harbour Trust', current_date - 700 + n, current_date - 714 + n, current_date - 690
  from generate_series(1, ${2 + (tenant.employees % 3)}::int) n`

const billLines = (tx: TransactionSql) => tx`
  insert into invoice_lines (invoice_id, position, description, minutes, amount_cents)
  select i.id, n, (array['Hours on site','Travel','Overtime'])[n], m, m * 72
  from invoices i, generate_series(1, 3) n, lateral (select (60 * (4 - n) * (1 + i.id % 9))::int as m) as hours`

const billTotals = (tx: TransactionSql) => tx`
  update invoices i set total_cents = l.total
  from (select invoice_id, sum(amount_cents) as total from invoice_lines group by invoice_id) l
  where l.invoice_id = i.id`

const daysOff = (tx: TransactionSql) => tx`
  insert into absences (employee_id, kind, first_day, last_day, approved_at)
  select id, (array['holiday','sick','holiday','unpaid'])[1 + id % 4]::absence_kind, current_date + (id % 60)::int, current_date + (id % 60 + 1 + id % 9)::int,
    case when id % 4 <> 0 then now() end
  from employees where id % 3 = 0`

/** Fills one tenant in one transaction. Its tables must be empty. */
export const fillTenant = (sql: Sql, tenant: DemoTenant): Promise<unknown> =>
  sql.begin((tx) => [
    tx`select set_config('search_path', ${tenant.schema}, true)`,
    people(tx, tenant),
    places(tx, tenant),
    plannedShifts(tx),
    workedHours(tx, tenant),
    bills(tx, tenant),
    ...(tenant.isBroken ? [swappedBills(tx, tenant)] : []),
    billLines(tx),
    billTotals(tx),
    ...(tenant.version >= '0010' ? [daysOff(tx)] : []),
  ])

/** The schemas that hold employees already. */
export const findFilled = async (sql: Sql, tenants: readonly DemoTenant[]): Promise<ReadonlySet<string>> => {
  if (tenants.length === 0) return new Set()
  const each = tenants.map(({ schema }) => `select '${schema}' as schema where exists (select from ${schema}.employees)`)
  const rows = await sql.unsafe<Array<{ schema: string }>>(each.join(' union all '))
  return new Set(rows.map(({ schema }) => schema))
}
