/** Addresses that somebody typed or a scanner made up: every page and handler answers “not found” or what is wrong, never with an error of ours. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { projectRoot } from '../../../lib/root.ts'
import { useEdge } from '../../support/edge.ts'
import { comeFrom, ownHost, ownRequest } from '../../support/request.ts'

vi.mock('next/headers', () => import('../../support/request.ts'))

const edge = useEdge()
beforeAll(async () => comeFrom(ownRequest(await edge.signIn('admin'))))

const filesOf = (name: string): readonly string[] => globSync(`app/**/${name}`, { cwd: projectRoot }).toSorted()
const load = (file: string): Promise<Record<string, unknown>> => import(/* @vite-ignore */ join(projectRoot, file))
const isFunction = (value: unknown): value is (...parameters: unknown[]) => Promise<unknown> => typeof value === 'function'

const paramsOf = (file: string, value: string): Record<string, string> =>
  Object.fromEntries([...file.matchAll(/\[(?:\.\.\.)?(\w+)\]/g)].map((match) => [match[1] ?? '', value]))

const odd = ['\u0000', 'a\u0000b', '\uD800', '%', '%E0%A4%A', "'; drop table tenant; --", 'x'.repeat(100_000), '9999-12-31', '0000-01-01', '1e400', '-1']
const keys = ['q', 'set', 'database', 'state', 'versionState', 'version', 'label', 'slug', 'tenants', 'to', 'run', 'cause', 'sort', 'offset', 'limit']
const auditKeys = ['actor', 'action', 'subject', 'from', 'to', 'before', 'format', 'token', 'next']
const allKeys = [...keys, ...auditKeys]
type Search = Readonly<Record<string, string>>
const searches = odd.flatMap((value) => allKeys.map((key) => ({ [key]: value })))

/** The keys of an address that are asked for while `work` is done with it, whatever it holds. */
const keysAskedIn = async (work: (search: Search) => Promise<unknown>): Promise<ReadonlySet<string>> => {
  const asked = new Set<string>()
  const spies = (['get', 'getAll', 'has'] as const).map((method) => vi.spyOn(URLSearchParams.prototype, method))
  await work(new Proxy<Search>({}, { get: (_, key) => void asked.add(String(key)) }))
  await work(Object.fromEntries(allKeys.map((key) => [key, '1'])))
  for (const spy of spies) {
    for (const [key] of spy.mock.calls) asked.add(key)
    spy.mockRestore()
  }
  return asked
}

/** Each odd value under each key that is asked for; a key that is not, which cannot matter, is tried once. */
const searchesFor = (asked: ReadonlySet<string>): readonly Search[] => {
  const others = allKeys.filter((key) => !asked.has(key))
  return [
    ...searches.filter((search) => Object.keys(search).some((key) => asked.has(key))),
    ...others.map((key, index) => ({ [key]: odd[index % odd.length] ?? '' })),
  ]
}

/** What is too long for an address is posted. */
const bodyKeys = ['set', 'sql', 'run']
const oddBodies = [
  '',
  '{',
  '[]',
  'null',
  '1',
  '"text"',
  '{"__proto__":{"sql":1}}',
  `{"sql":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
  ...[...odd, null, [], {}, true].flatMap((value) => bodyKeys.map((key) => JSON.stringify({ set: 'app', sql: 'select 1 as one', run: 1, [key]: value }))),
]

const postOddly = async (file: string, handler: (...parameters: unknown[]) => Promise<unknown>): Promise<void> => {
  const ask = async (params: Readonly<Record<string, string>>, body: string): Promise<void> => {
    const answer = await handler(new Request(`http://${ownHost}/`, { method: 'POST', headers: ownRequest(null), body }), { params: Promise.resolve(params) })
    if (!(answer instanceof Response)) throw new Error(`${file} answered no Response`)
    expect(answer.status, JSON.stringify([params, body]).slice(0, 100)).toBeLessThan(500)
    await answer.body?.cancel()
  }
  for (const value of odd) await ask(paramsOf(file, value), '{}')
  for (const body of oddBodies) await ask(paramsOf(file, '1'), body)
}

test.each(filesOf('route.ts'))('%s', async (file) => {
  const { GET, POST } = await load(file)
  if (isFunction(POST)) return postOddly(file, POST)
  if (!isFunction(GET)) throw new Error(`${file} has no GET`)
  const ask = async (search: Search, params: Readonly<Record<string, string>>): Promise<void> => {
    const gone = new AbortController()
    const request = new Request(`http://${ownHost}/?${new URLSearchParams(search)}`, { signal: gone.signal })
    const answer = await GET(request, { params: Promise.resolve(params) })
    if (!(answer instanceof Response)) throw new Error(`${file} answered no Response`)
    const where = JSON.stringify([search, params]).slice(0, 100)
    expect(answer.status, where).toBeLessThan(500)
    gone.abort()
    await answer.body?.cancel()
  }
  for (const value of odd) await ask({}, paramsOf(file, value))
  const asked = await keysAskedIn((search) => ask(search, paramsOf(file, '1')))
  for (const search of searchesFor(asked)) await ask(search, paramsOf(file, '1'))
})

/** Next's own ways out of a page are errors with a digest. */
const outcomeOf = (error: unknown): string => {
  const digest = error instanceof Error && 'digest' in error ? String(error.digest) : ''
  return digest.startsWith('NEXT_HTTP_ERROR_FALLBACK;404') ? 'not found' : digest.startsWith('NEXT_REDIRECT') ? 'elsewhere' : String(error)
}

test.each(filesOf('page.tsx'))('%s', async (file) => {
  const { default: page, generateMetadata } = await load(file)
  if (!isFunction(page)) throw new Error(`${file} has no page`)
  const open = async (params: Readonly<Record<string, string>>, search: Search): Promise<string> => {
    const props = { params: Promise.resolve(params), searchParams: Promise.resolve(search) }
    if (isFunction(generateMetadata)) await generateMetadata(props)
    return page(props).then(() => 'there', outcomeOf)
  }
  const usual = await open(paramsOf(file, 'nothing'), {})
  const isParted = file.includes('[')
  expect(usual).toMatch(isParted ? /^not found$/ : /^(there|elsewhere)$/)
  // Next gives pages their params as they stand in the address.
  for (const value of [...odd, ...odd.map((text) => (text.isWellFormed() ? encodeURIComponent(text) : text))])
    if (isParted) expect(await open(paramsOf(file, value), {}), value.slice(0, 40)).toBe('not found')
  const asked = await keysAskedIn((search) => open(paramsOf(file, 'nothing'), search))
  for (const search of searchesFor(asked)) expect(await open(paramsOf(file, 'nothing'), search), JSON.stringify(search).slice(0, 100)).toBe(usual)
})
