import type { Command } from 'commander'
import { z } from 'zod'
import { formatRelative, plural } from '../../format.ts'
import { listTenantsInput, setName, tenantInput } from '../../tenancy/contract/index.ts'
import type { ControlDrift, DriftSet, Repair, SeenFinding, Shape, TenantFilter } from '../../tenancy/contract/index.ts'
import { runCommand } from '../command.ts'
import { driftDocument } from '../documents.ts'
import type { DriftFindingDocument, ShapeDocument } from '../documents.ts'
import { exitCodes } from '../failure.ts'
import { parseInput } from '../parse-input.ts'
import { refresh } from '../refresh.ts'
import type { Session } from '../session.ts'
import { addDriftRepair } from './drift-repair.ts'

const driftInput = z.object({
  set: setName.optional(),
  tenant: tenantInput.shape.slug.optional(),
  sql: z.boolean().default(false),
  refresh: z.boolean().default(false),
})
type DriftInput = z.output<typeof driftInput>

const pageSize = 500

const slugsOf = async ({ tenancy }: Session, filter: TenantFilter): Promise<string[]> => {
  const slugs: string[] = []
  for (let offset = 0; ; offset += pageSize) {
    const page = await tenancy.tenants.list(listTenantsInput.parse({ ...filter, state: ['active', 'suspended'], offset, limit: pageSize }))
    slugs.push(...page.rows.map(({ slug }) => slug))
    if (offset + pageSize >= page.total) return slugs
  }
}

const findingDocument = ({ facts: _facts, accepted, differences, ...finding }: SeenFinding): DriftFindingDocument => ({
  ...finding,
  differences: differences.map((difference) => ({ ...difference, ...plainValues(difference) })),
  accepted: accepted && { id: accepted.id, reason: accepted.reason, by: accepted.by, at: accepted.at, until: accepted.until },
})

/** Lists that may be written to, as documents have them. */
const plainValues = ({ expected, actual }: SeenFinding['differences'][number]) => ({ expected: plainValue(expected), actual: plainValue(actual) })
const plainValue = (value: SeenFinding['differences'][number]['expected']) => (typeof value === 'object' && value !== null ? [...value] : value)

const repairDocument = ({ steps, left }: Repair): ShapeDocument['repair'] => ({
  steps: steps.map((step) => ({ ...step })),
  left: left.map((one) => ({ ...one })),
})

const shapeDocument = (shape: Shape, tenants: string[], repair: Repair | null): ShapeDocument => ({
  set: shape.set,
  version: shape.version,
  norm: shape.state === 'norm',
  fingerprint: shape.id,
  state: shape.state,
  letter: shape.letter,
  server: shape.server,
  severity: shape.severity,
  firstSeenAt: shape.firstSeenAt,
  afterRun: shape.afterRun,
  tenants,
  findings: shape.findings.map(findingDocument),
  uncompared: [...shape.uncompared],
  problem: shape.problem,
  repair: repair && repairDocument(repair),
})

type Told = { readonly shapes: readonly ShapeDocument[]; readonly unknown: ReadonlyArray<{ readonly set: string; readonly tenants: string[] }> }

const readSet = async (session: Session, { set, shapes, unknown }: DriftSet, { tenant, sql }: DriftInput): Promise<Told> => {
  const own = tenant === undefined ? null : (await session.tenancy.drift.target(tenant)).find((target) => target.set === set)
  if (own === undefined) return { shapes: [], unknown: [] }
  const told: ShapeDocument[] = []
  for (const shape of shapes) {
    if (own !== null && own.shape !== shape.id) continue
    const tenants = own === null ? await slugsOf(session, { set: [set], shape: [shape.id] }) : [tenant ?? '']
    const repair = sql && shape.state === 'drifted' ? await session.tenancy.drift.repair(set, shape.id) : null
    told.push(shapeDocument(shape, tenants, repair))
  }
  const inShapes = new Set(told.flatMap(({ tenants }) => tenants))
  const open = unknown === 0 ? [] : own === null ? await slugsOf(session, { set: [set], drift: ['unknown'] }) : [tenant ?? '']
  const notInShapes = open.filter((slug) => !inShapes.has(slug))
  return { shapes: told, unknown: notInShapes.length === 0 ? [] : [{ set, tenants: notInShapes }] }
}

const examplesShown = 5
const few = (slugs: readonly string[]): string =>
  slugs.length <= examplesShown ? slugs.join(', ') : `${slugs.slice(0, examplesShown).join(', ')} and ${slugs.length - examplesShown} more`

const stateWords = { norm: 'norm', accepted: 'accepted', drifted: 'drifted', unknown: 'not compared' } as const

const findingLine = ({ sentence, severity, accepted }: DriftFindingDocument): string =>
  `  ${accepted ? `accepted by ${accepted.by}: ${accepted.reason}` : severity}  ${sentence}`

const repairLines = (repair: ShapeDocument['repair']): string[] =>
  repair === null
    ? []
    : [
        ...repair.steps.flatMap(({ sql, lock, risk }) => [
          ...[lock, risk].flatMap((word) => (word === null ? [] : [`    -- ${word}`])),
          ...`${sql.replace(/;\s*$/, '')};`.split('\n').map((line) => `    ${line}`),
        ]),
        ...repair.left.map(({ sentence, reason }) => `    -- left to you: ${sentence} ${reason}`),
      ]

const shapeLines = (shape: ShapeDocument, now: number): string[] => {
  const name = shape.letter === null ? 'norm' : `shape ${shape.letter} (${shape.fingerprint}), ${stateWords[shape.state]}`
  const since =
    shape.norm || shape.firstSeenAt === ''
      ? ''
      : `, first seen ${formatRelative(Date.parse(shape.firstSeenAt), now)} ${shape.afterRun === null ? 'outside of Tenantry' : `after run ${shape.afterRun}`}`
  return [
    `${shape.set} ${shape.version ?? 'without a migration'} · PostgreSQL ${shape.server} · ${name}: ${plural(shape.tenants.length, 'tenant')}${since}`,
    ...(shape.norm ? [] : [`  ${few(shape.tenants)}`]),
    ...(shape.problem === null ? [] : [`  ${shape.problem}`]),
    ...shape.findings.map(findingLine),
    ...(shape.uncompared.length === 0 ? [] : [`  cannot be compared: ${few(shape.uncompared)}`]),
    ...repairLines(shape.repair),
  ]
}

const controlLines = (control: ControlDrift | null): string[] =>
  control === null || control.state === 'norm'
    ? []
    : [`Control plane: ${control.problem ?? 'its own database is not as its migrations make it.'}`, ...control.findings.map(({ sentence }) => `  ${sentence}`)]

const summarise = (sets: readonly DriftSet[]): string => {
  const total = (count: (set: DriftSet) => number) => sets.reduce((sum, set) => sum + count(set), 0)
  const [compared, drifted, accepted, unknown] = [
    total((set) => set.compared),
    total((set) => set.drifted),
    total((set) => set.accepted),
    total((set) => set.unknown),
  ]
  return `${plural(compared, 'target')} compared: ${drifted} drifted, ${accepted} accepted.${unknown === 0 ? '' : ` ${plural(unknown, 'target')} not compared.`}`
}

const drift = async (session: Session, input: DriftInput): Promise<number> => {
  const { output, tenancy } = session
  if (input.set !== undefined) await tenancy.sets.get(input.set)
  if (input.tenant !== undefined) await tenancy.tenants.get(input.tenant)
  const isFresh = !input.refresh || (await refresh(session, input.tenant, true))
  if (isFresh === 'stopped') return exitCodes.interrupted
  const sets = (await tenancy.drift.overview()).sets.filter(({ set }) => input.set === undefined || set === input.set)
  const told: Told[] = []
  for (const set of sets) told.push(await readSet(session, set, input))
  const shapes = told.flatMap((one) => one.shapes)
  const unknown = told.flatMap((one) => one.unknown)
  const control = input.set === undefined && input.tenant === undefined ? await tenancy.drift.control() : null
  output.result(
    driftDocument,
    { shapes, unknown: [...unknown], control: control && { ...control, findings: control.findings.map(({ sentence }) => sentence) } },
    () =>
      [
        ...shapes.flatMap((shape) => shapeLines(shape, Date.now())),
        ...unknown.map(({ set, tenants }) => `${set}: not compared since the last migration, or at all: ${few(tenants)}`),
        ...controlLines(control),
        ...(input.tenant === undefined ? [summarise(sets)] : []),
      ].join('\n'),
  )
  for (const { set, hidden } of sets)
    if (hidden > 0 && input.tenant === undefined) output.note(`${set} has ${plural(hidden, 'more shape')}, smaller than these.`)
  const isDrifted =
    control?.state === 'drifted' || (input.tenant === undefined ? sets.some((set) => set.drifted > 0) : shapes.some(({ state }) => state === 'drifted'))
  return isDrifted || !isFresh ? exitCodes.targetsFailed : exitCodes.well
}

export const addDrift = (program: Command): void => {
  const drifts = program
    .command('drift')
    .summary('show where structures differ from what the migrations make')
    .description('Targets that look alike, shape by shape, as last seen. Exit 1 when something drifted that nobody accepted.')
    .option('--set <set>', 'only this migration set')
    .option('--tenant <slug>', 'only this tenant')
    .option('--sql', 'with the statements that lead back to the norm')
    .option('--refresh', 'look at the databases first instead of trusting what was last seen')
    .addHelpText('after', "\nExamples:\n  tenantry drift --set app --refresh\n  tenantry drift --json | jq '.shapes[] | select(.norm | not)'")
    .action((options: { set?: string; tenant?: string; sql?: boolean; refresh?: boolean }) => runCommand(() => parseInput(driftInput, options), drift))
  addDriftRepair(drifts)
}
