/** The demo's saved reports: what somebody who runs such a product asks all tenants again and again. */
import { savedReportContent, systemActor, type ReportChart, type ReportFiguresInput, type Tenancy } from '../tenancy/contract/index.ts'
import { demoSet } from './fleet.ts'

type DemoReport = {
  readonly name: string
  readonly description: string
  readonly sql: string
  readonly combine: string
  readonly chart: ReportChart
  readonly figures: ReportFiguresInput['figures']
  readonly cron?: string
}

const figure = (name: string, aggregate: 'count' | 'sum' | 'max', column: string | null, isPinned = false): ReportFiguresInput['figures'][number] => ({
  name,
  source: 'rows',
  aggregate,
  column,
  isPinned,
  line: null,
})

const bars = (x: string, y: string): ReportChart => ({ kind: 'bar', x, y, by: null, aggregate: 'sum' })
const spread = (y: string): ReportChart => ({ kind: 'distribution', x: null, y, by: null, aggregate: 'sum' })

export const demoReports: readonly DemoReport[] = [
  {
    name: 'Seats per tenant',
    description: 'People who can sign in, and what their employers pay for.',
    sql: 'select count(*) filter (where is_active) as seats, count(*) as employees\nfrom employees',
    combine: 'select tenant, name, seats, employees\nfrom results join tenants using (tenant)\norder by seats desc, tenant',
    chart: spread('seats'),
    figures: [figure('Seats', 'sum', 'seats', true)],
  },
  {
    name: 'Hours logged last month by site',
    description: 'What was worked where. Another month: so many months back.',
    sql: [
      '-- :back integer = 1',
      "select coalesce(s.name, 'No site') as site, round(sum(w.minutes) / 60.0, 2) as hours, count(distinct w.employee_id) as people",
      'from work_logs w left join sites s on s.id = w.site_id',
      "where w.started_at >= date_trunc('month', now()) - make_interval(months => :back)",
      "  and w.started_at < date_trunc('month', now()) - make_interval(months => :back - 1)",
      'group by 1 order by hours desc nulls last',
    ].join('\n'),
    combine:
      'select site, sum(hours) as hours, sum(people) as people, count(distinct tenant) as tenants\nfrom results\ngroup by site order by hours desc nulls last',
    chart: bars('site', 'hours'),
    figures: [figure('Hours', 'sum', 'hours')],
    cron: '0 7 1 * *',
  },
  {
    name: 'Overdue invoices',
    description: 'Not paid, and past the day they were due.',
    sql: [
      'select number, customer, due_on, current_date - due_on as days_late, round(total_cents / 100.0, 2) as amount',
      'from invoices',
      'where paid_on is null and due_on < current_date',
      'order by due_on',
    ].join('\n'),
    combine:
      'select tenant, count(*) as invoices, sum(amount) as amount, max(days_late) as most_days_late\nfrom results\ngroup by tenant order by amount desc, tenant',
    chart: bars('tenant', 'amount'),
    figures: [figure('Overdue amount', 'sum', 'amount', true), figure('Overdue invoices', 'count', null)],
  },
  {
    name: 'Largest tables',
    description: 'With their indexes: where the disk goes.',
    sql: [
      'select c.relname::text as "table", pg_total_relation_size(c.oid) as bytes, pg_indexes_size(c.oid) as index_bytes',
      'from pg_class c',
      "where c.relkind = 'r' and c.relnamespace = current_schema()::text::regnamespace",
      'order by bytes desc limit 10',
    ].join('\n'),
    combine:
      'select "table", count(*) as tenants, sum(bytes) as bytes, pg_size_pretty(sum(bytes)) as size, max(bytes) as largest\nfrom results\ngroup by "table" order by bytes desc',
    chart: bars('table', 'bytes'),
    figures: [figure('Bytes of the largest tables', 'sum', 'bytes')],
  },
  {
    name: 'Tenants without a clock-in for 30 days',
    description: 'Who has stopped using the product. It keeps no sign-ins, so the last clock-in stands for them.',
    sql: 'select max(started_at) as last_clock_in, current_date - max(started_at)::date as days\nfrom work_logs',
    combine: [
      'select tenant, name, last_clock_in, days',
      'from results join tenants using (tenant)',
      'where days >= 30 or days is null',
      'order by days desc nulls first, tenant',
    ].join('\n'),
    chart: spread('days'),
    figures: [figure('Most days without a clock-in', 'max', 'days')],
  },
]

/** Those that are not there yet; operators may run all of them, and support what tells of no money. */
export const saveDemoReports = async ({ reports: { saved } }: Tenancy): Promise<void> => {
  const there = new Set((await saved.list(systemActor)).map(({ name }) => name))
  for (const { name, description, sql, combine, chart, figures, cron } of demoReports) {
    if (there.has(name)) continue
    const runnableBy = name === 'Overdue invoices' ? ['operator'] : ['operator', 'support']
    const { id } = await saved.create(
      systemActor,
      savedReportContent.parse({ name, description, set: demoSet, sql, combine, chart, runnableBy, changeableBy: 'operators' }),
    )
    await saved.setFigures(systemActor, { report: id, known: [], figures: [...figures] })
    if (cron !== undefined) await saved.setSchedule(systemActor, { report: id, schedule: { cron, timezone: 'Europe/Berlin', enabled: true } })
  }
}
