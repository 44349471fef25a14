import { z } from 'zod'

/** A slug is a host label: it ends up in host names, schema names and role names. */
export const slugPattern = /^[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*$/
export const slugMaxLength = 48

/** What schemas of the warm pool begin with; no tenant's does. */
export const reservedSchemaPrefix = 'tenantry_pool_'
/** What schemas begin with that are made to see what a set makes, and dropped again. */
export const scratchSchemaPrefix = 'tenantry_reference_'
/** What the schema begins with in which a database notes changes of structure. */
export const notesSchemaPrefix = 'tenantry_notes_'

/** Names that hosts, PostgreSQL or Tenantry itself use. */
export const reservedSlugs: ReadonlySet<string> = new Set([
  'admin',
  'api',
  'app',
  'assets',
  'auth',
  'blog',
  'cdn',
  'console',
  'control',
  'dashboard',
  'default',
  'dev',
  'docs',
  'ftp',
  'health',
  'help',
  'information-schema',
  'internal',
  'localhost',
  'login',
  'mail',
  'metrics',
  'ns1',
  'ns2',
  'pg',
  'pool',
  'postgres',
  'public',
  'root',
  'scratch',
  'shared',
  'signin',
  'signup',
  'smtp',
  'staging',
  'static',
  'status',
  'support',
  'system',
  'template',
  'tenantry',
  'test',
  'www',
])

/** Says what is wrong with a slug and what would be right, or null when it is fine. */
export const slugProblem = (slug: string): string | null => {
  if (slug.length === 0) return 'is empty; it needs 1 to 48 characters'
  if (slug.length > slugMaxLength) return `has ${slug.length} characters; ${slugMaxLength} are the most`
  if (!slugPattern.test(slug)) return 'must start with a letter and hold only lower-case letters a–z, digits and single hyphens between them'
  if (reservedSlugs.has(slug) || slug.startsWith('pg-') || slug.startsWith('tenantry-')) return 'is a reserved name; choose another one'
  return null
}

export const slugSchema = z.string().superRefine((slug, context) => {
  const problem = slugProblem(slug)
  if (problem) context.addIssue({ code: 'custom', message: `“${slug.slice(0, 80)}” ${problem}` })
})

/** Injective on valid slugs: they hold no underscore. */
export const defaultSchemaName = (slug: string): string => `tenant_${slug.replaceAll('-', '_')}`
/** The tenant's role in PostgreSQL has the name of its usual schema. */
export const defaultRoleName = (slug: string): string => defaultSchemaName(slug)

/** Letters that Unicode takes for letters of their own and people write with others. */
const spelledOut: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', þ: 'th', ı: 'i' }

/** A name typed by a person, as a slug to propose; may still be refused. */
export const proposeSlug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[ßæœøłđþı]/g, (letter) => spelledOut[letter] ?? letter)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, slugMaxLength)
    .replace(/-+$/, '')
