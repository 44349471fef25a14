/**
 * Whether both ways to a version lead to the same structure. New tenants get all migrations in one transaction; older ones got them one after the other, each
 * committed by itself. Where both agree at every version, a tenant that was made at any of them and rolled out from there agrees as well: what comes next
 * starts from the same structure.
 */
import type { z } from 'zod'
import type { verifySetInput } from '../contract/commands.ts'
import type { Finding, SetVerification } from '../contract/drift.ts'
import type { Actor } from '../contract/permissions.ts'
import type { Structure } from '../contract/structure.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { touchesShared } from '../migrations/parsed.ts'
import { lookBriefly, type LookBounds } from '../registry/brief-look.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { readPlaceFacts } from '../session/place-facts.ts'
import { compareStructures } from './compare/compare-structures.ts'
import { majorOf } from './format.ts'
import { setMigrations } from './reference.ts'
import { replay, type Replayed } from './replay.ts'
import { problemSentence } from './shapes/problem-sentence.ts'
import { applyStepByStep, sweepScratch, type Steps } from './step-by-step.ts'

type Input = z.output<typeof verifySetInput>
type Migrations = Steps['migrations']

const bounds: LookBounds = { turnMs: 60_000, connectMs: 10_000, statementMs: 60_000 }

const findSet = async (db: ControlDb, set: string) => {
  const row = await db.selectFrom('migration_set').select(['id', 'default_database_id as databaseId']).where('name', '=', set).executeTakeFirst()
  if (!row) throw new TenancyError('set.unknown', { set })
  return row
}

/** The one named, the set's own, or the only one there is. */
const findDatabase = async (db: ControlDb, { set, database }: Input, fallback: number | null) => {
  const rows = await db.selectFrom('database').select(['id', 'name', 'server_id', 'url_sealed']).execute()
  const found =
    rows.find(({ id, name }) => (database === undefined ? id === fallback : name === database)) ??
    (database === undefined && rows.length === 1 ? rows[0] : undefined)
  if (found) return found
  throw database === undefined ? new TenancyError('set.no_database', { set }) : new TenancyError('database.unknown', { database })
}

type BothWays = { readonly atOnce: Replayed; readonly oneByOne: Replayed | null; readonly serverVersion: number }

const bothWays = async (connection: FleetConnection, migrations: Migrations, installation: string, isShared: boolean): Promise<BothWays> => {
  const facts = await readPlaceFacts(connection)
  const steps: Steps = {
    migrations,
    ...facts,
    installation,
    applicationName: `${budgetPrefix(installation)}verify`,
  }
  await sweepScratch(connection, installation)
  const atOnce = await replay(connection, { ...steps, at: migrations.map((_, index) => index + 1), isTenant: true })
  return { atOnce, oneByOne: isShared ? null : await applyStepByStep(connection, steps), serverVersion: steps.serverVersion }
}

/** What differs at a version and did not before it. */
const disagreementsOf = (
  migrations: Migrations,
  one: ReadonlyMap<number, Structure>,
  other: ReadonlyMap<number, Structure>,
): SetVerification['disagreements'] => {
  let before = new Set<string>()
  return migrations.flatMap(({ version }, index) => {
    const [norm, seen] = [one.get(index + 1), other.get(index + 1)]
    if (!norm || !seen) return []
    const findings = compareStructures(norm, seen, [])
    const fresh: Finding[] = findings.filter(({ key }) => !before.has(key))
    before = new Set(findings.map(({ key }) => key))
    return fresh.length === 0 ? [] : [{ version, findings: fresh }]
  })
}

const wayWords = { atOnce: 'As new tenants get it, in one transaction', oneByOne: 'As rollouts apply it, one after the other' } as const

const problemsOf = ({ atOnce, oneByOne }: BothWays): string[] => [
  ...(atOnce.problem ? [`${wayWords.atOnce}: ${problemSentence(atOnce.problem)}`] : []),
  ...(oneByOne?.problem ? [`${wayWords.oneByOne}: ${problemSentence(oneByOne.problem)}`] : []),
]

/** @throws set.unknown, set.empty, set.no_database, database.unknown, database.busy and what keeps the database from being reached */
export const verifySet = async (library: Library, actor: Actor, input: Input): Promise<SetVerification> => {
  const { db } = library.control
  const set = await findSet(db, input.set)
  const database = await findDatabase(db, input, set.databaseId)
  const migrations = await setMigrations(db, set.id)
  if (migrations.length === 0) throw new TenancyError('set.empty', { set: input.set })
  const installation = await readInstallation(db)
  const shared = migrations.find(({ statements }) => touchesShared(statements))
  const ways = await lookBriefly(library, database, (connection) => bothWays(connection, migrations, installation, shared !== undefined), bounds)
  const verification: SetVerification = {
    set: input.set,
    database: database.name,
    server: majorOf(ways.serverVersion),
    versions: migrations.length,
    disagreements: ways.oneByOne ? disagreementsOf(migrations, ways.atOnce.structures, ways.oneByOne.structures) : [],
    problems: problemsOf(ways),
    notes: shared
      ? [
          `${shared.file} names a table outside of the tenant’s schema, which committing it would change: the set was only replayed in a transaction that was rolled back.`,
        ]
      : [],
  }
  await appendAudit(db, {
    actor,
    action: 'sets.verify',
    subjectKind: 'set',
    subject: input.set,
    details: { database: database.name, disagreements: verification.disagreements.map(({ version }) => version), problems: verification.problems },
  })
  return verification
}
