/** Views and routines: made, dropped, replaced; and whatever stands on what has to go for it. */
import type { Finding } from '../../../contract/drift.ts'
import type { ObjectKind, StructureObject } from '../../../contract/structure.ts'
import { clumpOf, inOrder } from '../clumps.ts'
import { isSaid, keyOf, textIn } from '../inventory.ts'
import { mentions, nameOf } from '../names.ts'
import { changeOptions } from '../statements/attributes.ts'
import { createRoutine, isAtomic } from '../statements/routines.ts'
import { labelOf } from '../sentences.ts'
import { ofKind } from '../statements/targets.ts'
import { accessExclusive } from './locks.ts'
import { makeAnew, makeConstraintAnew, namesColumn, textOfPart } from './parts.ts'
import { retyped } from './columns.ts'
import type { Draft, Scene } from './plan.ts'

const viewKinds: readonly ObjectKind[] = ['view', 'materialized_view']
const routineKinds: readonly ObjectKind[] = ['function', 'procedure', 'aggregate']
export const isView = ({ kind }: { readonly kind: ObjectKind }): boolean => viewKinds.includes(kind)
export const isRoutine = ({ kind }: { readonly kind: ObjectKind }): boolean => routineKinds.includes(kind)

const changesIn = (finding: Finding, ...fields: readonly string[]): boolean =>
  finding.differences.some(({ facet, field }) => facet === 'structure' && fields.includes(field))

/** What CREATE OR REPLACE refuses to change. */
const needsDrop = (finding: Finding): boolean => {
  if (isView(finding.object)) return changesIn(finding, 'definition')
  return finding.object.kind === 'aggregate'
    ? finding.differences.some(({ facet }) => facet === 'structure')
    : changesIn(finding, 'returns', 'arguments', 'window')
}

const bareName = ({ name }: StructureObject): string => name.slice(0, name.lastIndexOf('('))

/** What an object says that PostgreSQL itself reads when it is made: not the body of a function in quotes. */
const boundText = (object: StructureObject): string =>
  isRoutine(object) && !isAtomic(object)
    ? [
        object.name.slice(object.name.lastIndexOf('(')),
        textIn(object, 'arguments'),
        textIn(object, 'returns'),
        textIn(object, 'sfunc'),
        textIn(object, 'finalfunc'),
      ].join(' ')
    : textOfPart(object)

const words = new WeakMap<StructureObject, ReadonlySet<string>>()
/** Read once: each is asked about many others. */
const boundWords = (object: StructureObject): ReadonlySet<string> => {
  const known = words.get(object) ?? mentions(boundText(object))
  words.set(object, known)
  return known
}

const calls = (text: string, routine: StructureObject): boolean => text.includes(`${nameOf(bareName(routine))}(`)
const standsOn = (object: StructureObject, other: StructureObject): boolean =>
  isRoutine(other)
    ? boundWords(object).has(bareName(other)) && (object.kind === 'aggregate' || calls(boundText(object), other))
    : boundWords(object).has(other.name)

type Cause = ReadonlyMap<string, { readonly object: StructureObject; readonly finding: Finding }>

/** Views and routines that go, and come again unless they are extra, each with the finding that makes them. */
const going = (scene: Scene): Cause => {
  const found = new Map<string, { object: StructureObject; finding: Finding }>()
  const add = (object: StructureObject | undefined, finding: Finding): void => {
    if (object && !found.has(keyOf(object))) found.set(keyOf(object), { object, finding })
  }
  for (const finding of scene.findings) {
    const { kind, object } = finding
    if ((isView(object) || isRoutine(object)) && (kind === 'extra' || (kind === 'mismatched' && needsDrop(finding)))) add(scene.seen.get(object), finding)
    if (object.kind === 'column' && kind === 'mismatched') {
      const view = scene.seen.relation(object.of)
      if (view && isView(view) && changesIn(finding, 'type')) add(view, finding)
    }
  }
  const candidates = scene.seen.objects.filter((object) => isView(object) || isRoutine(object))
  for (const column of retyped(scene)) {
    const finding = scene.finding(column)
    for (const object of candidates) {
      if (finding && boundWords(object).has(column.of) && boundWords(object).has(column.name)) add(object, finding)
    }
  }
  // A map is walked to its end, also to what is added on the way.
  for (const { object: other, finding } of found.values())
    for (const object of candidates) if (object !== other && standsOn(object, other)) add(object, finding)
  return found
}

const partKinds: readonly ObjectKind[] = ['policy', 'trigger', 'rule', 'constraint', 'index']

/** What hangs on a table and stands on what goes. */
const remakeParts = (scene: Scene, cause: Cause, draft: Draft): void => {
  const routines = [...cause.values()].filter(({ object }) => isRoutine(object))
  const columns = retyped(scene)
  for (const part of scene.seen.objects) {
    if (!partKinds.includes(part.kind) || isSaid(part, 'inherited')) continue
    const text = textOfPart(part)
    const viaRoutine = routines.find(({ object }) => calls(text, object))
    const viaColumn = ['policy', 'trigger', 'rule'].includes(part.kind) ? columns.find((column) => namesColumn(part, column)) : undefined
    const finding = viaRoutine?.finding ?? (viaColumn ? scene.finding(viaColumn) : undefined)
    const view = scene.seen.relation(part.of)
    if (!finding || (view && cause.has(keyOf(view)))) continue
    if (part.kind === 'constraint') makeConstraintAnew(finding, part, scene, draft)
    else makeAnew(finding, part, scene, draft)
  }
}

/** What stays and cannot be without what goes: columns that are computed with it, and for what does not come again whatever else stands on it. */
const userOf = (going: StructureObject, scene: Scene): StructureObject | undefined =>
  scene.wanted.objects.find((object) => {
    if (keyOf(object) === keyOf(going)) return false
    if (object.kind === 'column') return isRoutine(going) && calls(`${textIn(object, 'default') ?? ''} ${textIn(object, 'generated') ?? ''}`, going)
    if (scene.wanted.get(going)) return false
    return isRoutine(going) && partKinds.includes(object.kind)
      ? calls(textOfPart(object), going)
      : (isView(object) || isRoutine(object)) && standsOn(object, going)
  })

const lockOf = (object: StructureObject): string | null => (isView(object) ? accessExclusive(object.name) : null)
const riskOf = (object: StructureObject): string | null => (object.kind === 'materialized_view' ? 'All its rows are computed anew.' : null)

const dropAll = (scene: Scene, cause: Cause, draft: Draft): void => {
  const clumps = [...cause.values()].flatMap(({ object }) => clumpOf(object, scene.seen, 'run') ?? [])
  const inMakingOrder = [...new Set(inOrder(clumps).map(({ clump }) => clump.object))]
  for (const object of inMakingOrder.toReversed()) {
    const finding = cause.get(keyOf(object))?.finding
    if (finding)
      draft.add(isView(object) || isAtomic(object) ? 'dropViews' : 'dropRoutines', finding, `DROP ${ofKind(object)}`, {
        lock: lockOf(object),
        risk: scene.wanted.get(object) ? null : riskOfLoss(object),
      })
  }
}
const riskOfLoss = (object: StructureObject): string | null => (object.kind === 'materialized_view' ? 'Its rows are gone; they can be computed again.' : null)

/** A text in quotes is not read before it is called, if that is asked for. */
const unread = 'SET LOCAL check_function_bodies = off'

const isEarly = (object: StructureObject, scene: Scene, cause: Cause): boolean =>
  isRoutine(object) && object.kind !== 'aggregate' && !isAtomic(object) && ![...boundWords(object)].some((word) => isComing(word, scene, cause))
const isComing = (word: string, scene: Scene, cause: Cause): boolean =>
  scene.findings.some(({ kind, object }) => kind === 'missing' && object.of === '' && object.name === word && object.kind !== 'type') ||
  [...cause.values()].some(({ object }) => isView(object) && object.name === word)

const makeAll = (scene: Scene, cause: Cause, draft: Draft): void => {
  const missing = scene.findings.filter(({ kind, object }) => kind === 'missing' && (isView(object) || isRoutine(object)))
  const findings = new Map([
    ...missing.map((finding) => [keyOf(finding.object), finding] as const),
    ...[...cause].map(([key, { finding }]) => [key, finding] as const),
  ])
  const objects = scene.wanted.objects.filter((object) => findings.has(keyOf(object)))
  const clumps = objects.flatMap((object) => clumpOf(object, scene.wanted, 'run') ?? [])
  const first = clumps.find(({ object }) => isRoutine(object) && textIn(object, 'language') === 'sql' && !isAtomic(object))
  const firstFinding = first ? findings.get(keyOf(first.object)) : undefined
  if (firstFinding) draft.add('routines', firstFinding, unread)
  for (const { clump, sql } of inOrder(clumps)) {
    const finding = findings.get(keyOf(clump.object))
    if (!finding) continue
    draft.markMadeAnew(clump.object)
    const risk = sql === clump.head ? riskOf(clump.object) : null
    draft.add(isEarly(clump.object, scene, cause) ? 'routines' : 'views', finding, sql, { risk })
  }
}

const replace = (finding: Finding, scene: Scene, draft: Draft): void => {
  const object = scene.wanted.get(finding.object)
  if (!object || draft.isMadeAnew(object) || finding.kind !== 'mismatched') return
  if (isRoutine(object) && finding.differences.some(({ facet }) => facet === 'structure')) {
    if (textIn(object, 'language') === 'sql' && !isAtomic(object)) draft.add('routines', finding, unread)
    draft.add(isAtomic(object) ? 'views' : 'routines', finding, createRoutine(object, 'run', true))
  }
  const options = finding.differences.find(({ facet, field }) => facet === 'structure' && field === 'options')
  if (options) draft.add('views', finding, changeOptions(`ALTER ${ofKind(object)}`, options.actual, options.expected), { lock: accessExclusive(object.name) })
  if (changesIn(finding, 'unpopulated'))
    draft.add('views', finding, `REFRESH MATERIALIZED VIEW ${nameOf(object.name)}${isSaid(object, 'unpopulated') ? ' WITH NO DATA' : ''}`, {
      lock: accessExclusive(object.name),
      risk: isSaid(object, 'unpopulated') ? 'Takes its rows away; they can be computed again.' : 'Computes all its rows.',
    })
}

export const repairRoutines = (scene: Scene, draft: Draft): void => {
  const cause = new Map(going(scene))
  for (const [key, { object, finding }] of cause) {
    const user = userOf(object, scene)
    if (!user) continue
    cause.delete(key)
    draft.leave(finding, `${labelOf(user)} needs it, and would have to go first.`)
    draft.markMadeAnew(object)
  }
  for (const { object, finding } of cause.values()) if (scene.wanted.get(object)) draft.remake(finding, object)
  remakeParts(scene, cause, draft)
  dropAll(scene, cause, draft)
  makeAll(scene, cause, draft)
  for (const finding of scene.findings) if (isView(finding.object) || isRoutine(finding.object)) replace(finding, scene, draft)
}
