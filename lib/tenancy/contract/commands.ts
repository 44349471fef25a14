/** The input of every command, shared by server action, command line and form. */
import { z } from 'zod'
import { driftStates } from './drift.ts'
import { roles } from './permissions.ts'
import { notesSchemaPrefix, reservedSchemaPrefix, scratchSchemaPrefix, slugPattern, slugSchema } from './slug.ts'
import type { Facet } from './structure.ts'
import { tenantStates, versionStates, isolations, runStates } from './states.ts'

/** What PostgreSQL can store as text: no NUL, no half of a surrogate pair. */
export const storableText = z
  .string()
  .refine((value) => !value.includes('\u0000') && value.isWellFormed(), 'holds a character that cannot be stored (NUL, or half of a pair)')
const text = (max: number) => storableText.trim().max(max, `must be at most ${max} characters`)
const name = (what: string) =>
  z
    .string()
    .trim()
    .regex(/^[a-z][a-z0-9_-]{0,47}$/, `a ${what} name starts with a lower-case letter and holds at most 48 letters a–z, digits, - and _`)

export const setName = name('set')
export const databaseName = name('database')
export const versionText = z
  .string()
  .trim()
  .regex(/^[0-9A-Za-z][0-9A-Za-z._-]{0,62}$/, 'is not the prefix of a migration file, such as 0012')
/** PostgreSQL's own limit; longer names would be cut silently, so they are refused. */
export const schemaName = storableText
  .min(1, 'must not be empty')
  .refine((value) => new TextEncoder().encode(value).length <= 63, 'is longer than 63 bytes, which PostgreSQL would cut')
  .refine(
    (value) => !value.startsWith('pg_') && value !== 'information_schema' && value !== 'public',
    'is kept for PostgreSQL (public, information_schema, pg_…); choose another one',
  )
  .refine((value) => !value.startsWith(reservedSchemaPrefix), `is kept for schemas of the warm pool (${reservedSchemaPrefix}…); choose another one`)
  .refine((value) => !value.startsWith(notesSchemaPrefix), `is kept for notes of changes (${notesSchemaPrefix}…); choose another one`)
  .refine((value) => !value.startsWith(scratchSchemaPrefix), `is kept for schemas in which sets are tried (${scratchSchemaPrefix}…); choose another one`)

export const hostText = z
  .string()
  .trim()
  .toLowerCase()
  .max(253, 'must be at most 253 characters')
  .regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, 'is not a host name, such as acme.example.com')
export const labelsSchema = z.record(
  z.string().regex(/^[a-z][a-z0-9_.-]{0,39}$/, 'a label’s key is lower-case letters, digits and _ . -, at most 40'),
  storableText.max(120, 'a label’s value has at most 120 characters'),
)

/** One for an item, one for the conductor's fence, one for looks; below that nothing would get on. */
export const minBudget = 3
export const maxBudget = 200
const budget = z.coerce
  .number()
  .int('must be a whole number')
  .min(minBudget, `must be at least ${minBudget}: a server needs one connection for migrations, one for the conductor and one for looks`)
  .max(maxBudget, `must be at most ${maxBudget}`)

export const addDatabaseInput = z.object({
  name: databaseName,
  url: storableText.trim().min(1, 'must not be empty').max(2000),
  /** For everything that needs a session of its own, migrations first: needed where `url` leads through a pooler in transaction mode. */
  directUrl: storableText.trim().min(1, 'must not be empty').max(2000).optional(),
  /** Connections that Tenantry may hold on this database's server at once; proposed from max_connections when absent. */
  budget: budget.optional(),
})
export const checkDatabaseInput = addDatabaseInput.pick({ url: true, directUrl: true })
export const changeDatabaseUrlInput = addDatabaseInput.pick({ name: true, url: true, directUrl: true })
export const removeDatabaseInput = z.object({ name: databaseName })
/** Whether the database is to note DDL that does not come from Tenantry. */
export const setNotesInput = z.object({ name: databaseName, on: z.boolean('is neither true nor false') })
export const setBudgetInput = z.object({ name: databaseName, budget })

export const syncSetInput = z.object({
  name: setName,
  dir: storableText.trim().min(1, 'must not be empty').max(1000).optional(),
  /** Where new tenants of this set go when nothing else is said. */
  database: databaseName.optional(),
})

export const maxPoolSize = 1000
export const setPoolInput = z.object({
  set: setName,
  /** Absent: where new tenants of the set go. */
  database: databaseName.optional(),
  size: z
    .union([z.number(), z.string().trim().regex(/^\d+$/, 'must be a whole number').transform(Number)], 'must be a whole number')
    .pipe(z.number().int('must be a whole number').min(0, `must be 0 (no pool) to ${maxPoolSize}`).max(maxPoolSize, `must be 0 (no pool) to ${maxPoolSize}`)),
})

const onboardRow = z.object({
  slug: slugSchema,
  name: text(120).optional(),
  hosts: z.array(hostText).max(20, 'at most 20 hosts').default([]),
  labels: labelsSchema.default({}),
  database: databaseName.optional(),
  /** The schema's name where it differs from tenant_<slug>; must exist already when `baseline` is given. */
  schema: schemaName.optional(),
  /** Adopt an existing schema: declare it to be at this version without running anything. */
  baseline: versionText.optional(),
})
export type OnboardRow = z.output<typeof onboardRow>
export const onboardRowSchema = onboardRow
export const checkOnboardingInput = onboardRow.pick({ slug: true, hosts: true, database: true, schema: true, baseline: true }).extend({ set: setName })
export type CheckOnboardingInput = z.output<typeof checkOnboardingInput>

export const maxOnboardRows = 10_000
const note = text(500).default('')
export const onboardInput = z.object({
  set: setName,
  tenants: z.array(onboardRow).min(1, 'at least one tenant').max(maxOnboardRows, `at most ${maxOnboardRows} tenants at once`),
  isolation: z.enum(isolations).default('schema'),
  /** Build up to this version; absent: the newest of the set. */
  to: versionText.optional(),
  note,
})
export type OnboardInput = z.output<typeof onboardInput>

export const onboardCsvInput = z.object({
  set: setName,
  csv: z.string().max(8_000_000, 'the file has more than 8 MB'),
  note,
})

const oneOf = <const W extends readonly string[]>(words: W) => z.enum(words, `is none of ${words.join(', ')}`)

export const tenantFilter = z.object({
  q: text(120).optional(),
  set: z.array(setName).optional(),
  database: z.array(databaseName).optional(),
  state: z.array(oneOf(tenantStates)).optional(),
  versionState: z.array(oneOf(versionStates)).optional(),
  version: z.array(versionText).optional(),
  isolation: z.array(oneOf(isolations)).optional(),
  /** key=value */
  label: z.array(storableText.max(170)).optional(),
  /** Only tenants whose last item failed and that were not put right since. */
  failed: z.boolean('is neither true nor false').optional(),
  /** Only tenants with a migration that stopped half-way. */
  halfDone: z.boolean('is neither true nor false').optional(),
  drift: z.array(oneOf(driftStates)).optional(),
  /** Ids of shapes. */
  shape: z.array(storableText.max(40)).optional(),
})
export type TenantFilter = z.output<typeof tenantFilter>

export const tenantSorts = [
  'slug',
  'name',
  'state',
  'set',
  'database',
  'isolation',
  'version',
  'pending',
  'versionState',
  'bytes',
  'lastRun',
  'observedAt',
  'drift',
] as const
export const listTenantsInput = tenantFilter.extend({
  sort: oneOf(tenantSorts).default('slug'),
  descending: z.boolean('is neither true nor false').default(false),
  offset: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(500).default(100),
})
export type ListTenantsInput = z.output<typeof listTenantsInput>

export const anySlug = z.string().regex(slugPattern, 'is not a tenant’s slug').max(48)
/** Which targets: named tenants, a filter as on the tenants page, or all. Only active tenants are ever migrated. */
export const selectionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('tenants'), slugs: z.array(anySlug).min(1, 'at least one tenant').max(20_000) }),
  z.object({ kind: z.literal('filter'), filter: tenantFilter }),
])
export type Selection = z.output<typeof selectionSchema>

/** "5" targets or "10%" of them may fail before the run pauses by itself; absent: no limit. */
export const toleranceText = z
  .string()
  .trim()
  .regex(/^(\d{1,6}|\d{1,3}%)$/, 'is a number of targets (5) or a share of them (10%)')
  .refine((value) => !value.endsWith('%') || Number.parseInt(value, 10) <= 100, 'a share is at most 100%')

export const planInput = z.object({
  set: setName,
  selection: selectionSchema.default({ kind: 'all' }),
  /** Absent: the newest version of the set. */
  to: versionText.optional(),
})
export type PlanInput = z.output<typeof planInput>

export const startRunInput = planInput.extend({
  maxConcurrent: z.coerce.number().int('must be a whole number').min(1, 'must be at least 1').max(200, 'must be at most 200').optional(),
  failureTolerance: toleranceText.optional(),
  note,
  /** The digest of the plan that was looked at; a plan that has changed since is refused. */
  digest: storableText.max(64).optional(),
})
export type StartRunInput = z.output<typeof startRunInput>

/** What targets of one shape are led to their norm by. */
export const startRepairInput = z.object({
  set: setName,
  shape: storableText.min(1, 'must not be empty').max(40),
  /** Only these of the shape's tenants; absent: all. */
  slugs: z.array(anySlug).min(1).max(20_000).optional(),
  maxConcurrent: startRunInput.shape.maxConcurrent,
  failureTolerance: startRunInput.shape.failureTolerance,
  note,
  /** The digest of the plan that was looked at; a plan that has changed since is refused. */
  digest: storableText.max(64).optional(),
})
export type StartRepairInput = z.output<typeof startRepairInput>
/** On one tenant, rolled back: what a repair would come to. */
export const tryRepairInput = startRepairInput.pick({ set: true, shape: true }).extend({ slug: anySlug.optional() })

export const runId = z.coerce
  .number('must be a whole number')
  .int('must be a whole number')
  .positive('must be a positive number')
  .max(Number.MAX_SAFE_INTEGER, 'is too large')
export const runInput = z.object({ run: runId })
/** Chosen items by tenant; absent: all that failed (and, for a rerun, were interrupted or cancelled). */
export const retryInput = z.object({ run: runId, slugs: z.array(anySlug).min(1).max(20_000).optional() })
/** `missing`: of a report, NULL for what its silent tenants lack, whatever its first run was to do about that. */
export const rerunInput = retryInput.extend({ note, missing: z.literal('null', 'is nothing but null').optional() })

export const tenantInput = z.object({ slug: anySlug })
export const changeTenantsInput = z.object({ selection: selectionSchema, reason: text(500).default('') })
/** A tenant that was reserved and never built. */
export const discardTenantInput = z.object({ slug: anySlug, reason: text(500).default('') })
export const updateTenantInput = z.object({
  slug: anySlug,
  name: text(120).min(1, 'must not be empty'),
  hosts: z.array(hostText).max(20),
  labels: labelsSchema,
})
export const checkSlugInput = z.object({ slug: z.string().max(200) })
export const observeInput = z.object({
  databases: z.array(databaseName).optional(),
  slugs: z.array(anySlug).max(20_000).optional(),
  /** Compares structures as well. */
  structure: z.boolean('is neither true nor false').optional(),
})

export const cancelLookInput = z.object({ look: z.uuid('is not a look’s id') })

/** What every shape differs in counts always; the rest a set may leave out. */
export const ignorableFacets = ['order', 'comments', 'owner', 'grants', 'storage'] as const satisfies readonly Facet[]
export const ignoreFacetsInput = z.object({ set: setName, facets: z.array(oneOf(ignorableFacets)).max(ignorableFacets.length) })
export const shapeId = storableText.regex(/^[0-9a-f]{12}(-[0-9a-f]{6})?$/, 'is not a shape’s id')
/** A shape as people name it: by its letter, at a version where several have one, or by the beginning of its id. */
export const findShapeInput = z.object({
  set: setName,
  shape: storableText.regex(/^([a-z]{1,3}|[0-9a-f]{6,12}|[0-9a-f]{12}-[0-9a-f]{0,6})$/i, {
    error: ({ input }) => `“${String(input)}” is neither the letter of a shape, such as B, nor its id, of which 6 characters are enough`,
  }),
  version: versionText.optional(),
})
export const acceptFindingInput = z.object({
  set: setName,
  /** The finding's key. */
  finding: storableText.min(1, 'must not be empty').max(64),
  reason: text(500).min(1, 'must not be empty: whoever sees it later wants to know why it is as it should be'),
  /** Absent: until it is taken back. */
  until: z.iso.datetime({ offset: true, error: 'is not a time, such as 2027-01-31T00:00:00Z' }).optional(),
})
export const endAcceptanceInput = z.object({ acceptance: z.coerce.number().int('must be a whole number').positive('must be a positive number') })
export const verifySetInput = z.object({ set: setName, database: databaseName.optional() })

export const emailText = storableText.trim().toLowerCase().max(254).pipe(z.email('is not an e-mail address, such as ada@example.com'))
export const inviteInput = z.object({ email: emailText, name: text(120).default(''), role: z.enum(roles) })
export const personRoleInput = z.object({ person: storableText.min(1).max(64), role: z.enum(roles) })
export const personInput = z.object({ person: storableText.min(1).max(64) })

const givenPassword = z.string().min(1, 'must not be empty').max(1000, 'is too long')
const newPassword = z.string().min(10, 'needs at least 10 characters').max(128, 'must be at most 128 characters')
export const signInInput = z.object({ email: emailText, password: givenPassword })
export const redeemLinkInput = z.object({ token: storableText.max(200), password: newPassword })
export const changePasswordInput = z.object({ current: givenPassword, next: newPassword })
export const endSessionInput = z.object({ session: storableText.min(1).max(64) })

export const auditFilter = z.object({
  actor: text(120).optional(),
  action: text(80).optional(),
  subject: text(120).optional(),
  /** One thing's rows: its kind and its whole name, where `subject` is any part of a name. */
  subjectKind: text(40).optional(),
  subjectExact: text(200).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  /** Rows before this id: the next page. */
  before: z.number().int().optional(),
  limit: z.number().int().min(1).max(500).default(100),
})
export type AuditFilter = z.output<typeof auditFilter>

export const runListInput = z.object({
  state: z.array(oneOf(runStates)).optional(),
  set: setName.optional(),
  before: z.number().int().optional(),
  limit: z.number().int().min(1).max(200).default(50),
})
export type RunListInput = z.output<typeof runListInput>

export const runItemsInput = z.object({
  run: runId,
  /** One tenant's item. */
  slug: anySlug.optional(),
  q: text(120).optional(),
  state: z.array(storableText.max(20)).optional(),
  /** Applied, but different from the norm of their version. */
  differs: z.boolean('is neither true nor false').optional(),
  /** Items of one failure group. */
  cause: storableText.max(64).optional(),
  sort: z.enum(['position', 'slug', 'state', 'durationMs', 'attempts']).default('position'),
  descending: z.boolean().default(false),
  offset: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(500).default(100),
})
export type RunItemsInput = z.output<typeof runItemsInput>
