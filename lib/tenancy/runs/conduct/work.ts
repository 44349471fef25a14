import type { RunKind, RunState } from '../../contract/states.ts'
import type { FrozenMigration, OnboardOptions } from '../../control/schema.ts'
import type { TargetSummary } from '../../migrations/history.ts'
import type { ExecutableMigration } from '../../migrations/types.ts'
import type { RepairPlan } from '../../drift/repair/repair-target.ts'
import type { Given } from '../../pool/claim.ts'
import type { MixedQuestion } from '../../reports/missing/read-mixed.ts'

/** A run as its conductor holds it. */
export type DrivenRun = {
  readonly id: number
  readonly kind: RunKind
  readonly migrations: ReadonlyArray<ExecutableMigration & Pick<FrozenMigration, 'prefixDigest'> & { readonly isShared: boolean }>
  readonly seedSql: string | null
  /** Of a run that repairs a shape; its migrations are none. */
  readonly repair: (RepairPlan & { readonly isShared: boolean }) | null
  /** Of a report: what each tenant is asked. */
  readonly question: MixedQuestion | null
  /** Cap on this run's items in flight on this server; null: the budget alone. */
  readonly maxConcurrent: number | null
  state: RunState
  /** Of which the state was read; an answer that is older says nothing any more. */
  revision: number
  /** A target was found elsewhere than the control plane remembered: from then on histories are read before anything is applied. */
  isDoubted: boolean
  /**
   * What its items take: unknown until the first of them has ended. Once one has taken long, it matters more to know where one stands than what the messages cost.
   * Of an onboarding the item before says it: a new schema stands in nobody's way, whatever another took.
   */
  weight: 'unknown' | 'light' | 'heavy'
  /** Failures still allowed here before feeding stops; null: no limit. */
  failuresLeft: number | null
}

/** An item as its conductor holds it, from pending until settled. */
export type Work = {
  readonly run: DrivenRun
  readonly position: number
  readonly targetId: number
  readonly tenantId: number
  readonly slug: string
  readonly databaseId: number
  readonly schema: string
  /** The tenant's own, where it has one. */
  readonly role: string | null
  readonly fromVersion: string | null
  readonly options: OnboardOptions | null
  /** A ready schema of the warm pool that is to become its tenant's. */
  readonly pool: Given | null
  /** Runs that have worked on this target: what they committed without being able to say so is theirs. */
  readonly ownRuns: readonly number[]
  /** Attempts so far, those of earlier conductors included. */
  attempts: number
  /** Something that all tenants of its database share is touched on its way: one such item at a time. */
  readonly isSerial: boolean
  /** Steps of a `transaction=off` migration are on its way, which may wait long for what other tenants' sessions do. */
  readonly isStepwise: boolean
  /** A dead conductor left it running in a run that stops: its history is read, nothing is run. */
  readonly lookOnly: boolean
  /** Tries of this conductor since the item became pending. */
  tries: number
  /** Conductors that ended while they carried it, where that counts. */
  readonly deaths: number
  notBefore: number
  /** The history, read ahead in batches; undefined: nobody reads it yet, or it could not be read among others. Read again for each further try. */
  summary: Promise<TargetSummary | undefined> | undefined
  /** The connection that reads it ahead. */
  reader: object | null
}

export const itemKey = (run: number, position: number): string => `${run}:${position}`
export const keyOf = (work: Pick<Work, 'position'> & { run: { id: number } }): string => itemKey(work.run.id, work.position)
