/** `tenantry worker --port`, a process of its own: what probes, monitoring, logs and traces tell of it while it works, and while the control database is away. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { nextFreePort } from '../../../lib/embedded/ports.ts'
import { openCollector, type CollectedSpan, type Collector } from '../../support/collector.ts'
import { commandLine, type CommandLine } from '../../support/command-line.ts'
import { makeFleet, slugsOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases, withServer } from '../../support/template.ts'

const databases = useDatabases()
const slugs = slugsOf(5, 'seen')
const [broken = ''] = slugs
const token = 'a token for monitoring'.replaceAll(' ', '-')
const password = 'pa55-that-nobody-may-see'
let fleet: Fleet
let collector: Collector
let worker: ReturnType<CommandLine['start']>
let address: string
let said = ''
let rollout: number

type Line = Readonly<Record<string, unknown>>
const lines = (): readonly Line[] =>
  said
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> => fetch(`${address}${path}`, { headers })
const scrape = async (): Promise<Map<string, number>> => {
  const text = await (await get('/metrics', { authorization: `Bearer ${token}` })).text()
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

const role = `seen_${process.pid}`
const asRole = (url: string): string => {
  const own = new URL(url)
  own.username = role
  own.password = password
  return own.href
}
beforeAll(async () => {
  await withServer((sql) => sql.unsafe(`create role ${role} superuser login password '${password}'`))
  collector = await openCollector()
  const controlUrl = await databases.control()
  fleet = await makeFleet(databases, { budget: 5, controlUrl, urls: [asRole(await databases.empty())] })
  const port = await nextFreePort(9_464)
  address = `http://localhost:${port}`
  worker = commandLine(asRole(controlUrl), {
    LOG_LEVEL: 'debug',
    TENANTRY_METRICS_TOKEN: token,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.address,
  }).start(['worker', '--port', String(port)])
  worker.child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await fleet.until('the worker to be ready', async () => {
    const answer = await get('/readyz').catch(() => null)
    return answer?.status === 200
  })
  await fleet.ended(await fleet.onboard(slugs))
  await fleet.sql.unsafe(`create table tenant_${broken}.third (id int)`)
  await fleet.sync({ '0003_third.sql': "create table third (id int);\ncomment on table third is 'new';" })
  rollout = await fleet.start()
  await fleet.verified(rollout)
})
afterAll(async () => {
  worker.child.kill('SIGTERM')
  await worker.ended
  await fleet.close()
  await collector.close()
})

it('lives and is ready, and says so to anybody', async () => {
  const alive = await get('/healthz')
  expect([alive.status, await alive.json()]).toEqual([200, { alive: true }])
  const ready = await get('/readyz')
  expect(ready.headers.get('cache-control')).toBe('no-store')
  expect(await ready.json()).toEqual({
    ready: true,
    checks: { control: 'ok', migrations: 'ok', secret: 'ok', structure: expect.stringMatching(/^(unknown|ok)$/) as string, worker: 'ok' },
    problems: [],
    warnings: [],
  })
  expect((await get('/nothing')).status).toBe(404)
})

it('gives its metrics to whoever knows the token', async () => {
  for (const authorization of ['', 'Bearer wrong', token, `Basic ${token}`]) {
    const refused = await get('/metrics', authorization === '' ? {} : { authorization })
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(await refused.text()).not.toContain('tenantry_runs')
  }
  expect((await get('/metrics', { authorization: `Bearer ${token}` })).headers.get('content-type')).toContain('version=0.0.4')
})

it('counts what it did, and tells how the fleet stands', async () => {
  const samples = await scrape()
  expect(samples.get('tenantry_item_attempts_total{kind="migrate",outcome="succeeded",sqlstate_class=""}')).toBe(slugs.length - 1)
  expect(samples.get('tenantry_item_attempts_total{kind="migrate",outcome="failed",sqlstate_class="42"}')).toBe(1)
  expect(samples.get('tenantry_item_attempt_seconds_count{kind="onboard",outcome="succeeded"}')).toBe(slugs.length)
  expect(samples.get('tenantry_control_up')).toBe(1)
  expect(samples.get('tenantry_runs{state="failed"}')).toBe(1)
  expect(samples.get('tenantry_targets{set="app",state="at_head"}')).toBe(slugs.length - 1)
  expect(samples.get('tenantry_workers')).toBe(1)
  const names = [...samples.keys()]
  for (const name of [
    'conductor_up',
    'server_connections_budget',
    'oldest_observation_age_seconds',
    'open_items',
    'worker_heartbeat_age_seconds',
    'control_pool_connections',
  ])
    expect(
      names.some((one) => one.startsWith(`tenantry_${name}{`)),
      name,
    ).toBe(true)
})

it('names no tenant in its metrics', async () => {
  const text = await (await get('/metrics', { authorization: `Bearer ${token}` })).text()
  for (const slug of slugs) expect(text).not.toContain(slug)
})

it('logs one line for the start and the end of a run, and one for each failed item, with ids and codes', async () => {
  const of = (event: string) => lines().filter(({ msg, run }) => msg === event && run === rollout)
  await fleet.until('the line of what was read back', async () => of('run.verified').length > 0)
  expect(of('run.started')).toMatchObject([{ kind: 'migrate', part: 'worker' }])
  expect(of('run.ended')).toMatchObject([{ kind: 'migrate', state: 'failed' }])
  expect(of('run.verified')).toMatchObject([{ state: 'failed', targets: slugs.length - 1, mismatches: 0 }])
  expect(of('item.failed')).toMatchObject([{ tenant: broken, attempt: 1, code: '42P07', version: '0003' }])
})

it('sends a span for each run, server, item and statement, one below the other', async () => {
  const spansOf = (name: string): readonly CollectedSpan[] => collector.spans.filter((span) => span.name === name)
  const runSpan = () => spansOf('tenantry.run').find(({ attributes }) => attributes['tenantry.run'] === String(rollout))
  await fleet.until('the spans of the run', async () => runSpan() !== undefined)
  const run = runSpan()
  expect(run?.parent).toBeNull()
  expect(run?.attributes).toMatchObject({ 'tenantry.state': 'failed', 'tenantry.kind': 'migrate' })
  expect(run?.resource).toMatchObject({ 'service.name': 'tenantry', 'tenantry.part': 'worker' })
  const partOf = () => spansOf('tenantry.server').find(({ parent }) => parent === run?.id)
  await fleet.until('the span of its server', async () => partOf() !== undefined)
  const part = partOf()
  expect(part?.attributes).toMatchObject({ 'db.system': 'postgresql', 'tenantry.run': String(rollout), 'tenantry.state': 'failed', 'tenantry.kind': 'migrate' })
  const items = spansOf('tenantry.item').filter(({ parent }) => parent === part?.id)
  expect(items.map(({ attributes }) => attributes['tenantry.tenant'] ?? '').toSorted((one, other) => one.localeCompare(other))).toEqual(slugs)
  const failed = items.find(({ attributes }) => attributes['tenantry.tenant'] === broken)
  expect(failed).toMatchObject({ failed: true, trace: run?.trace, attributes: { sqlstate: '42P07', version: '0003', 'tenantry.run': String(rollout) } })
  const statements = spansOf('tenantry.statement')
  expect(statements.find(({ parent }) => parent === failed?.id)).toMatchObject({ failed: true, attributes: { sqlstate: '42P07', version: '0003' } })
  const well = items.find(({ id }) => id !== failed?.id)
  const below = statements.filter(({ parent }) => parent === well?.id)
  expect(below.map(({ attributes }) => [attributes['tenantry.file'], attributes['tenantry.line']])).toEqual([
    ['0003_third.sql', '1'],
    ['0003_third.sql', '2'],
  ])
  for (const { startedAt, endedAt } of below)
    expect(startedAt >= (well?.startedAt ?? 0n) && endedAt <= (well?.endedAt ?? 0n) && startedAt <= endedAt).toBe(true)
  expect(JSON.stringify(collector.spans.map(({ attributes }) => attributes))).not.toContain('create table')
})

it('is alive and not ready while the control database is away, says what is wrong within seconds, and comes back', async () => {
  const name = new URL(fleet.controlUrl).pathname.slice(1)
  await withServer(async (sql) => {
    await sql.unsafe(`alter database ${name} allow_connections false`)
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name} and application_name like 'tenantry%'`
  })
  await fleet.until('the worker not to be ready', async () => (await get('/readyz')).status === 503)
  const began = performance.now()
  const answer = await get('/readyz')
  expect(performance.now() - began).toBeLessThan(8_000)
  const text = await answer.text()
  expect(JSON.parse(text)).toMatchObject({ ready: false, problems: ['The control database cannot be reached.'] })
  for (const secret of [password, role, name, new URL(fleet.controlUrl).hostname]) expect(text).not.toContain(secret)
  expect((await get('/healthz')).status).toBe(200)
  await fleet.until('metrics without the fleet', async () => (await scrape()).get('tenantry_control_up') === 0)
  expect((await scrape()).has('process_resident_memory_bytes')).toBe(true)
  await withServer((sql) => sql.unsafe(`alter database ${name} allow_connections true`))
  await fleet.until('the worker to be ready again', async () => (await get('/readyz')).status === 200)
})

it('refuses a port that is taken', async () => {
  const { code, stderr } = await commandLine(fleet.controlUrl).start(['worker', '--port', new URL(address).port]).ended
  expect([code, stderr]).toEqual([2, expect.stringContaining(`port ${new URL(address).port} is taken by another program`)])
})

it('never wrote a password', () => {
  expect(lines().length).toBeGreaterThan(5)
  expect(said).not.toContain(password)
  expect(JSON.stringify(collector.spans, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))).not.toContain(password)
})
