/**
 * Statements that name what is another in every target: its schema, its owner, the tenant's role. For people they are written with `tenant`; where they are
 * executed, they are blocks that ask for the names, because the same text goes to every target.
 */
import { dollars, nameOf } from '../names.ts'

export const writings = ['read', 'run'] as const
/** Whether it is to be read, or to be run. */
export type Writing = (typeof writings)[number]

/** Whoever executes says it: `SET LOCAL tenantry.role = …`. */
export const tenantRole = `current_setting('tenantry.role')`
const ownSchema = 'current_schema()'
const schemaOwner = '(SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = current_schema())'

export type Placeholder = { readonly ask: string; readonly shown: string }
export const thisSchema: Placeholder = { ask: ownSchema, shown: 'own' }

/** A piece of SQL with names that are only known where it runs. */
export type Piece = string | Placeholder

const roles: ReadonlyMap<string, Piece> = new Map<string, Piece>([
  ['tenant', { ask: tenantRole, shown: 'tenant' }],
  ['owner', { ask: schemaOwner, shown: 'owner' }],
  ['public', 'PUBLIC'],
])
/** What could be taken for one of these words, or is not plain, stands in quotes. */
export const roleOf = (role: string): Piece => roles.get(role) ?? (role.startsWith('"') ? role : nameOf(role))

export const write = (pieces: readonly Piece[], writing: Writing): string => {
  const asked = pieces.filter((piece): piece is Placeholder => typeof piece !== 'string')
  if (writing === 'read' || asked.length === 0) return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.shown)).join('')
  const format = pieces.map((piece) => (typeof piece === 'string' ? piece.replaceAll('%', '%%') : '%I')).join('')
  return `DO ${dollars(`BEGIN EXECUTE format(${dollars(format, 'sql')}, ${asked.map(({ ask }) => ask).join(', ')}); END`, 'do')}`
}

export const listed = (pieces: readonly Piece[]): Piece[] => pieces.flatMap((piece, index) => (index === 0 ? [piece] : [', ', piece]))
