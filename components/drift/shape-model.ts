/** What the page of one shape shows. */
import { plural } from '@/lib/format'
import { z } from 'zod'
import type { Facet, Facts, FactValue, Finding, Repair, RepairTrial, SeenFinding, ShapeDetail, ShapeRepair } from '@/lib/tenancy/contract'

export const shapeTabs = ['findings', 'diff', 'repair', 'migration'] as const
export type ShapeTab = (typeof shapeTabs)[number]

/** What the address of a shape's page may say. */
export const shapeSearch = z.object({ tab: z.enum(shapeTabs, `is none of ${shapeTabs.join(', ')}`).optional() })

export const isShapeTab = (text: string | null): text is ShapeTab => (shapeTabs as readonly string[]).includes(text ?? '')

export type FactSide = 'expected' | 'actual'
export type FactRow = {
  readonly facet: Facet
  readonly field: string
  /** null: nothing is there, or it is as it is by default. */
  readonly expected: string | null
  readonly actual: string | null
}

const valueText = (value: FactValue): string | null => {
  if (value === null) return null
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  return value.length === 0 ? null : value.join('\n')
}

/** What is said only where it is not as by default is the other way round where nothing is said. */
const textBeside = (value: FactValue, other: FactValue): string | null => (value === null && typeof other === 'boolean' ? valueText(!other) : valueText(value))

/** "identityOptions" → "identity options" */
const fieldWords = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const factRows = (facts: Facts, side: FactSide): readonly FactRow[] =>
  Object.entries(facts).map(([field, value]) => ({
    facet: 'structure',
    field: fieldWords(field),
    expected: side === 'expected' ? valueText(value) : null,
    actual: side === 'actual' ? valueText(value) : null,
  }))

/** Field by field: of what differs both sides, of what is missing what should be there, of what is extra what is. */
export const rowsOf = ({ kind, differences, facts }: Pick<Finding, 'kind' | 'differences' | 'facts'>): readonly FactRow[] =>
  kind === 'mismatched'
    ? differences.map(({ facet, field, expected, actual }) => ({
        facet,
        field: fieldWords(field),
        expected: textBeside(expected, actual),
        actual: textBeside(actual, expected),
      }))
    : factRows(facts ?? {}, kind === 'missing' ? 'expected' : 'actual')

/** Of what is missing there is nothing actual, of what is extra nothing expected. */
export const sidesOf = (rows: readonly FactRow[]): readonly FactSide[] =>
  (['expected', 'actual'] as const).filter((side) => rows.some((row) => row[side] !== null))

const kindWords: Readonly<Record<Finding['kind'], string>> = { missing: 'missing', extra: 'not in the norm', mismatched: 'differs' }

/** "index of work_logs, missing" */
export const objectWords = ({ kind, object }: Pick<Finding, 'kind' | 'object'>): string =>
  `${object.kind.replaceAll('_', ' ')}${object.of === '' ? '' : ` of ${object.of}`}, ${kindWords[kind]}`

export const openFindings = (findings: readonly SeenFinding[]): number => findings.filter(({ accepted }) => accepted === null).length

/** The end of that day, UTC; an empty field is no end. */
export const untilOf = (day: string): string | undefined => (day === '' ? undefined : `${day}T23:59:59Z`)

/** What is wrong with a day as typed; null when nothing is. */
export const untilProblem = (day: string, now: number): string | null => {
  const until = untilOf(day)
  if (until === undefined) return null
  const at = Date.parse(until)
  if (Number.isNaN(at)) return 'A day such as 2027-01-31.'
  return at <= now ? 'Pick a later day: it would be over already.' : null
}

const closed = (sql: string): string => (sql.trimEnd().endsWith(';') ? sql.trimEnd() : `${sql.trimEnd()};`)

/** All statements in their order, to be copied. */
export const repairScript = ({ steps }: Pick<Repair, 'steps'>): string =>
  steps
    .map(({ sql }) => closed(sql))
    .join('\n\n')
    .concat('\n')

export type RepairBlock = { readonly sql: string; readonly lock: string | null; readonly risk: string | null }

/** Statements that follow each other with one lock and one risk stand together. */
export const repairBlocks = ({ steps }: Pick<Repair, 'steps'>): readonly RepairBlock[] => {
  const blocks: RepairBlock[] = []
  for (const { sql, lock, risk } of steps) {
    const last = blocks.at(-1)
    if (last && last.lock === lock && last.risk === risk) blocks[blocks.length - 1] = { ...last, sql: `${last.sql}\n\n${closed(sql)}` }
    else blocks.push({ sql: closed(sql), lock, risk })
  }
  return blocks
}

/** What starting a repair means, before it is started. */
export const repairConsequences = ({ steps, left, targets }: ShapeRepair): readonly string[] => [
  `${plural(steps.length, 'statement')} in one transaction for each tenant, committed only where ${left.length === 0 ? 'its structure is the norm afterwards' : 'nothing but what stays differs afterwards'}.`,
  `While it goes on it locks what the statements name in ${targets === 1 ? 'that tenant' : 'each tenant, a few at a time'}.`,
  ...(left.length > 0 ? [`${plural(left.length, 'difference')} ${left.length === 1 ? 'stays' : 'stay'}: nothing that may hold data is dropped.`] : []),
  'Suspended tenants are left alone.',
]

const passing: ReadonlySet<string> = new Set(['55P03', '57014', 'server_busy'])

export const trialSentence = ({ slug, outcome, findings, error }: RepairTrial): string => {
  switch (outcome) {
    case 'repaired':
      return findings.length === 0
        ? `${slug} is the norm afterwards. Everything was rolled back.`
        : `${slug} differs in ${plural(findings.length, 'thing')} afterwards, which ${findings.length === 1 ? 'stays' : 'stay'}. Everything was rolled back.`
    case 'norm':
      return `${slug} is the norm already; nothing was done.`
    case 'failed':
      if (passing.has(error?.code ?? '')) return `${slug} was locked, or it took too long to be tried. Everything was rolled back; try again.`
      return `${slug} is not repaired by it. Everything was rolled back.`
  }
}

/** What a tab is worth: a norm differs in nothing. */
export const tabsOf = ({ state, ddl }: Pick<ShapeDetail, 'state' | 'ddl'>): readonly ShapeTab[] =>
  state === 'norm' || state === 'unknown' || ddl.norm === null ? ['diff'] : shapeTabs
