/** Names that differ from tenant to tenant and mean the same: the schema's own, its owner's, its tenant's role. They are told by which name they are, never by a text in which they occur. */
import type { Loose } from './part.ts'

export type Names = { readonly schema: string; readonly owner: string; readonly role: string | null }

const isPlain = (name: string): boolean => /^[a-z_][a-z0-9_]*$/.test(name)

/** A name that could be taken for one of the words in its place stands in quotes. */
const told = (name: string, words: readonly string[]): string => (isPlain(name) && !words.includes(name) ? name : `"${name.replaceAll('"', '""')}"`)

/** The tenant's role before the owner: where they are one, the schema is the tenant's. */
export const roleName = (name: string | null, names: Names): string => {
  if (name === null) return 'public'
  if (name === names.role) return 'tenant'
  return name === names.owner ? 'owner' : told(name, ['public', 'tenant', 'owner'])
}

export const schemaName = (name: string, names: Names): string => (name === names.schema ? 'own' : told(name, ['own']))

/** Grantee (null is PUBLIC), privilege, and whether it may be passed on. */
type Grant = readonly [string | null, string, boolean]
/** null: as PostgreSQL gives them to what was never granted. */
export type Rights = { readonly is: readonly Grant[] | null; readonly usual: readonly Grant[] | null } | null

type PerGrantee = ReadonlyMap<string, ReadonlyMap<string, boolean>>

const perGrantee = (grants: readonly Grant[], names: Names): PerGrantee => {
  const found = new Map<string, Map<string, boolean>>()
  for (const [grantee, privilege, mayPass] of grants) {
    const name = roleName(grantee, names)
    const of = found.get(name) ?? new Map<string, boolean>()
    // The same privilege may come from two grantors.
    of.set(privilege, mayPass || of.get(privilege) === true)
    found.set(name, of)
  }
  return found
}

/**
 * From 17 on there is a privilege MAINTAIN, which GRANT ALL includes: whoever has all that this server knows for such an object has ALL.
 */
const words = (privileges: ReadonlyMap<string, boolean>, all: readonly string[]): string => {
  const passed = [...privileges.values()]
  const isAll = all.length > 1 && all.every((privilege) => privileges.has(privilege)) && passed.every((one) => one === passed[0])
  if (isAll) return passed[0] === true ? 'ALL*' : 'ALL'
  return [...privileges]
    .map(([privilege, mayPass]) => (mayPass ? `${privilege}*` : privilege))
    .toSorted()
    .join(', ')
}

const lines = (grants: readonly Grant[], all: readonly string[], names: Names): readonly string[] =>
  [...perGrantee(grants, names)].map(([name, privileges]) => `${name}: ${words(privileges, all)}`).toSorted()

/** `tenant: INSERT, SELECT`, a grantee a line; undefined where rights are as PostgreSQL gives them by itself, said or unsaid. */
export const privilegesOf = (rights: Rights, names: Names): readonly string[] | undefined => {
  if (rights === null) return undefined
  const usual = rights.usual ?? []
  const all = [...new Set(usual.filter(([grantee]) => grantee !== null).map(([, privilege]) => privilege))]
  const said = lines(rights.is ?? [], all, names)
  if (said.join('\n') === lines(usual, all, names).join('\n')) return undefined
  return said.length === 0 ? ['nobody'] : said
}

/** Of default privileges there is nothing usual. */
export const grantLines = (grants: readonly Grant[], names: Names): readonly string[] => lines(grants, [], names)

/** What any object has beside what it is. */
export type Common = { readonly owner: string; readonly rights: Rights; readonly comment: string | null }

export const commonFacts = ({ owner, rights, comment }: Common, names: Names): { comments: Loose; owner: Loose; grants: Loose } => ({
  comments: { comment },
  owner: { owner: roleName(owner, names) },
  grants: { privileges: privilegesOf(rights, names) },
})
