/** Holds the rooms of the house: who may import whom, sizes, and that nothing but lib/env.ts reads the environment. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

type Import = { readonly from: string; readonly to: string; readonly isTypeOnly: boolean }

const walk = (folder: string): readonly string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    : []

const rooms = ['app', 'components', 'lib']
const files = [...rooms.flatMap(walk), ...['proxy.ts'].filter((file) => existsSync(join(root, file)))].toSorted()

/** The file that a specifier means, relative to the root; the specifier itself for a package. */
const resolveImport = (from: string, specifier: string): string => {
  if (!/^(\.{1,2}|@)\//.test(specifier)) return specifier
  const base = specifier.startsWith('@/') ? join(root, specifier.slice(2)) : resolve(root, dirname(from), specifier)
  const found = ['', '.ts', '.tsx', '/index.ts', '/index.tsx'].map((end) => base + end).find((path) => existsSync(path) && statSync(path).isFile())
  return found === undefined ? `missing:${specifier}` : relative(root, found)
}

type Clause = { readonly specifier: string; readonly isTypeOnly: boolean }

const clausesOf = (file: string): readonly Clause[] => {
  const { module } = parseSync(file, readFileSync(join(root, file), 'utf8'))
  const statics = module.staticImports.map((entry) => ({
    specifier: entry.moduleRequest.value,
    isTypeOnly: entry.entries.length > 0 && entry.entries.every((name) => name.isType),
  }))
  const exports = module.staticExports.flatMap((entry) =>
    entry.entries.flatMap((name) => (name.moduleRequest ? [{ specifier: name.moduleRequest.value, isTypeOnly: name.isType }] : [])),
  )
  const source = readFileSync(join(root, file), 'utf8')
  const dynamics = module.dynamicImports.flatMap((entry) => {
    const literal = /^['"](.+)['"]$/.exec(source.slice(entry.moduleRequest.start, entry.moduleRequest.end))?.[1]
    return literal === undefined ? [] : [{ specifier: literal, isTypeOnly: false }]
  })
  return [...statics, ...exports, ...dynamics]
}

const imports: readonly Import[] = files.flatMap((from) =>
  clausesOf(from).map(({ specifier, isTypeOnly }) => ({ from, to: resolveImport(from, specifier), isTypeOnly })),
)

const show = (found: readonly Import[]): readonly string[] => [...new Set(found.map(({ from, to }) => `${from} → ${to}`))]

/** Steps of the library, low to high; a file imports only from its own step or a lower one. */
const steps: ReadonlyArray<readonly string[]> = [
  ['contract'],
  ['errors', 'sql'],
  ['control', 'context', 'tracing'],
  ['registry', 'session', 'people'],
  ['migrations'],
  ['drift'],
  ['runs', 'provision', 'pool', 'isolation', 'observation', 'reports'],
  ['fleet', 'events', 'on-call'],
  ['index'],
]

const library = 'lib/tenancy/'
const partOf = (file: string): string => file.slice(library.length).split('/')[0]?.replace(/\.ts$/, '') ?? ''
const stepOf = (file: string): number => steps.findIndex((parts) => parts.includes(partOf(file)))
const isDoor = (file: string): boolean => file === `${library}index.ts` || file.startsWith(`${library}contract/`)

describe('the walk', () => {
  it('saw the whole house', () => {
    expect(files.length).toBeGreaterThan(150)
    expect(imports.length).toBeGreaterThan(500)
    for (const room of [...rooms, 'lib/tenancy', 'lib/server', 'lib/client', 'lib/cli'])
      expect(
        files.some((file) => file.startsWith(`${room}/`)),
        room,
      ).toBe(true)
  })

  it('found every file that is imported', () => {
    expect(show(imports.filter(({ to }) => to.startsWith('missing:')))).toEqual([])
  })
})

describe('the library', () => {
  it('has a step for each of its parts', () => {
    expect(files.filter((file) => file.startsWith(library) && stepOf(file) === -1)).toEqual([])
  })

  it('imports only downwards', () => {
    const upwards = imports.filter(({ from, to }) => from.startsWith(library) && to.startsWith(library) && stepOf(to) > stepOf(from))
    expect(show(upwards)).toEqual([])
  })

  it('knows nothing above it, no Next, no React, no server-only', () => {
    const outside = imports.filter(
      ({ from, to }) =>
        from.startsWith(library) && ((/^(lib|app|components)\//.test(to) && !to.startsWith(library)) || /^(next|react|react-dom|server-only)(\/|$)/.test(to)),
    )
    expect(show(outside)).toEqual([])
  })

  it('is entered by index.ts and contract/ only', () => {
    expect(show(imports.filter(({ from, to }) => !from.startsWith(library) && to.startsWith(library) && !isDoor(to)))).toEqual([])
  })

  it('has a contract that stands on zod alone', () => {
    const beyond = imports.filter(({ from, to }) => from.startsWith(`${library}contract/`) && !to.startsWith(`${library}contract/`) && to !== 'zod')
    expect(show(beyond)).toEqual([])
  })
})

describe('the rooms', () => {
  // Numbers and times as people read them, in pages and on the command line alike.
  const words = 'lib/format.ts'
  const isBrowserRoom = (file: string): boolean => file.startsWith('components/') || file.startsWith('lib/client/') || file === words

  it('let nothing of the server into the browser', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        isBrowserRoom(from) &&
        (to.startsWith('node:') ||
          to === 'server-only' ||
          to.startsWith('app/') ||
          (to.startsWith('lib/') && to !== words && !to.startsWith('lib/client/') && !to.startsWith(`${library}contract/`))),
    )
    expect(show(wrong)).toEqual([])
  })

  it('keep SQL and the library itself out of app/', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        from.startsWith('app/') && (/^(postgres|kysely|pg|pg-boss|libpg-query)$/.test(to) || (to.startsWith(library) && !to.startsWith(`${library}contract/`))),
    )
    expect(show(wrong)).toEqual([])
  })

  it('keep Next out of the worker and the command line', () => {
    const wrong = imports.filter(
      ({ from, to }) => /^lib\/(worker|cli|demo|embedded)\//.test(from) && /^(next(\/|$)|react|server-only|lib\/server\/|lib\/client\/)/.test(to),
    )
    expect(show(wrong)).toEqual([])
  })

  it('have no cycles', () => {
    const edges = new Map<string, string[]>()
    for (const { from, to, isTypeOnly } of imports) if (!isTypeOnly) edges.set(from, [...(edges.get(from) ?? []), to])
    const cycles: string[] = []
    const state = new Map<string, 'open' | 'done'>()
    const visit = (file: string, trail: readonly string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
        return
      }
      state.set(file, 'open')
      for (const next of edges.get(file) ?? []) visit(next, [...trail, file])
      state.set(file, 'done')
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })
})

describe('each file', () => {
  const sources = files.map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

  it('leaves the environment to lib/env.ts', () => {
    expect(sources.filter(({ file, text }) => file !== 'lib/env.ts' && text.includes('process.env')).map(({ file }) => file)).toEqual([])
  })

  it('has at most 400 lines', () => {
    expect(sources.filter(({ text }) => text.split('\n').length > 401).map(({ file }) => file)).toEqual([])
  })

  it('switches no check off', () => {
    const off = /@ts-(ignore|expect-error|nocheck)|(oxlint|eslint)-disable|\bas any\b|as unknown as/
    expect(sources.filter(({ text }) => off.test(text)).map(({ file }) => file)).toEqual([])
  })

  it('has a name that says its job', () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|manager|service)(\.|\/)/.test(file))).toEqual([])
  })
})
