/**
 * The library's face: everything that pages, actions, handlers, the worker and the command line may call.
 * Each command takes the actor first, writes its audit row in its own transaction, and throws a TenancyError when it refuses.
 */
import type { z } from 'zod'
import type { ItemBlockers, StopBlockerInput } from './blockers.ts'
import type * as C from './commands.ts'
import type { CsvPreview, CsvProblem, OnboardingCheck } from './csv.ts'
import type * as D from './drift.ts'
import type { FleetEvent, RunEvent } from './events.ts'
import type { FleetNumbers, PoolUse, Readiness } from './on-call.ts'
import type { Actor } from './permissions.ts'
import type { PoolView } from './pool.ts'
import type { PutRight } from './put-right.ts'
import type * as V from './views.ts'
import type { Reports } from './reports.ts'
import type { Worker } from './worker.ts'

export type RunRef = { readonly run: number }
/** `items` are in the new run; what later runs have put right since is left out of it. */
export type RerunRef = RunRef & { readonly items: number; readonly putRight: readonly PutRight[] }

export type Tenancy = {
  readonly control: {
    /** Brings the control plane's own schema to its newest version through the tenants' runner. */
    migrate(): Promise<{ readonly applied: readonly string[] }>
    /** Resolves when the control database answers and is set up; throws control.unreachable or control.not_ready. */
    ready(): Promise<void>
  }
  readonly databases: {
    /** Connects and keeps nothing but the audit row. */
    check(actor: Actor, input: z.output<typeof C.checkDatabaseInput>): Promise<V.DatabaseFacts>
    add(actor: Actor, input: z.output<typeof C.addDatabaseInput>): Promise<V.AddedDatabase>
    list(): Promise<readonly V.DatabaseRow[]>
    setBudget(actor: Actor, input: z.output<typeof C.setBudgetInput>): Promise<void>
    /** The same database under another address or password. */
    changeUrl(actor: Actor, input: z.output<typeof C.changeDatabaseUrlInput>): Promise<V.DatabaseRow>
    /** Has the database note DDL that does not come from Tenantry, or takes all of it away again. @throws database.notes_rights, database.notes_failed */
    setNotes(actor: Actor, input: z.output<typeof C.setNotesInput>): Promise<void>
    remove(actor: Actor, input: z.output<typeof C.removeDatabaseInput>): Promise<void>
  }
  readonly sets: {
    sync(actor: Actor, input: z.output<typeof C.syncSetInput>): Promise<V.SyncResult>
    /** Findings of the files in a directory; stores nothing. @throws set.directory */
    lint(dir: string): Promise<readonly V.LintFinding[]>
    list(): Promise<readonly V.SetSummary[]>
    get(set: string): Promise<V.SetDetail>
    /** How many ready schemas a set keeps in a database; returns at once, workers see to it. */
    setPool(actor: Actor, input: z.output<typeof C.setPoolInput>): Promise<PoolView>
    /** Replays the set in a database, both ways in which targets come to a version, and leaves nothing there. */
    verify(actor: Actor, input: z.output<typeof C.verifySetInput>): Promise<D.SetVerification>
  }
  readonly tenants: {
    list(input: C.ListTenantsInput): Promise<V.TenantPage>
    facets(filter: C.TenantFilter): Promise<V.TenantFacets>
    get(slug: string): Promise<V.TenantDetail>
    /** Live from the target's database. */
    inspect(slug: string, set: string): Promise<V.TargetInspection>
    checkSlug(slug: string): Promise<{ readonly available: boolean; readonly problem: string | null }>
    update(actor: Actor, input: z.output<typeof C.updateTenantInput>): Promise<void>
    suspend(actor: Actor, input: z.output<typeof C.changeTenantsInput>): Promise<{ readonly changed: number }>
    activate(actor: Actor, input: z.output<typeof C.changeTenantsInput>): Promise<{ readonly changed: number }>
    /** Lets go of a tenant that was never built; its slug is free again. Refused when its schema is there, which is looked at live. */
    discard(actor: Actor, input: z.output<typeof C.discardTenantInput>): Promise<void>
    /** Slugs and names that match, best first, for the command palette. */
    search(q: string, limit: number): Promise<ReadonlyArray<{ readonly slug: string; readonly name: string }>>
  }
  readonly onboarding: {
    start(actor: Actor, input: C.OnboardInput): Promise<RunRef>
    /** Columns: slug, name, hosts, labels, database, schema, baseline. Refuses the whole file, naming line and column, when a row is wrong. */
    parseCsv(csv: string): {
      readonly rows: readonly C.OnboardRow[]
      readonly problems: readonly CsvProblem[]
    }
    /** The same, and with what the registry and, within a second, the servers have against it: what a file would be refused for, before it is sent. */
    checkCsv(csv: string, set: string, database?: string): Promise<Omit<CsvPreview, 'total'>>
    /** What one tenant would be refused for, or fail by, while it is typed. */
    check(input: C.CheckOnboardingInput): Promise<OnboardingCheck>
  }
  readonly fleet: {
    overview(): Promise<V.FleetOverview>
    map(): Promise<V.FleetMap>
  }
  readonly runs: {
    plan(input: C.PlanInput): Promise<V.PlanView>
    start(actor: Actor, input: C.StartRunInput): Promise<RunRef>
    list(input: C.RunListInput): Promise<{ readonly rows: readonly V.RunSummary[]; readonly next: number | null }>
    get(run: number): Promise<V.RunDetail>
    map(run: number): Promise<V.RunMap>
    items(input: C.RunItemsInput): Promise<V.RunItemPage>
    attempts(run: number, slug: string): Promise<readonly V.AttemptView[]>
    failures(run: number): Promise<readonly V.FailureGroup[]>
    /** Live from the target's server, within 2 s: who is in the way of the tenant's item. Says why when the server cannot be asked. */
    blockers(run: number, slug: string): Promise<ItemBlockers>
    /** Ends the query of a session that is in the way of the item. Throws session.* when it is not that session any more, not in the way, or not to be signalled. */
    cancelBlocker(actor: Actor, input: StopBlockerInput): Promise<void>
    /** Ends the whole session; its transaction is rolled back. */
    terminateBlocker(actor: Actor, input: StopBlockerInput): Promise<void>
    pause(actor: Actor, input: z.output<typeof C.runInput>): Promise<void>
    resume(actor: Actor, input: z.output<typeof C.runInput>): Promise<void>
    cancel(actor: Actor, input: z.output<typeof C.runInput>): Promise<void>
    /** New attempts inside the run; returns how many items wait again. */
    retry(actor: Actor, input: z.output<typeof C.retryInput>): Promise<{ readonly items: number }>
    /** A new run from what a finished one left undone and no later one has put right. */
    rerun(actor: Actor, input: z.output<typeof C.rerunInput>): Promise<RerunRef>
  }
  readonly observation: {
    /** Asks workers to look again; returns at once with the names of the databases that will be read. */
    request(actor: Actor, input: z.output<typeof C.observeInput>): Promise<{ readonly databases: readonly string[] }>
    /** Looks now, in this process: for the command line and tests. */
    now(
      input: z.output<typeof C.observeInput>,
      signal?: AbortSignal,
    ): Promise<{
      readonly targets: number
      readonly unreachable: readonly string[]
      /** Reached, and not read: busy with other looks, or a right is missing. */
      readonly unread: ReadonlyArray<{ readonly database: string; readonly problem: string }>
      /** By the signal; what was whole before stays. */
      readonly isCancelled: boolean
    }>
    /** Those that wait for a worker or are under way, oldest first. */
    looks(): Promise<readonly V.LookView[]>
    /** Its query ends on the server within a second or two; what was seen whole stays. @throws look.unknown */
    cancel(actor: Actor, input: z.output<typeof C.cancelLookInput>): Promise<void>
  }
  readonly drift: {
    /** As last seen: shapes of each set, with what differs. */
    overview(): Promise<D.DriftOverview>
    /** @throws set.unknown, drift.shape_unknown */
    shape(set: string, shape: string): Promise<D.ShapeDetail>
    /** The id of the shape that is named by its letter or the beginning of its id. @throws set.unknown, drift.shape_unknown, drift.shape_ambiguous */
    find(input: z.output<typeof C.findShapeInput>): Promise<string>
    /** What is still known of a shape that no target has any more. @throws set.unknown */
    gone(set: string, shape: string): Promise<D.GoneShape>
    /** For each of the tenant's targets. @throws tenant.unknown */
    target(slug: string): Promise<readonly D.TargetDrift[]>
    /** What leads from the shape to its norm; nothing for a shape without one. @throws set.unknown, drift.shape_unknown */
    repair(set: string, shape: string): Promise<D.ShapeRepair>
    /** What the shape differs in as a file for the set. @throws drift.nothing_to_repair */
    migration(set: string, shape: string): Promise<D.ShapeMigration>
    /** On one tenant of the shape, rolled back. @throws drift.nothing_to_repair */
    tryRepair(actor: Actor, input: z.output<typeof C.tryRepairInput>): Promise<D.RepairTrial>
    /** Queues a run that leads the shape's tenants to its norm. @throws drift.nothing_to_repair, run.plan_changed, run.targets_busy */
    startRepair(actor: Actor, input: C.StartRepairInput): Promise<RunRef>
    /** Of one finding, in all targets of the set. @throws drift.finding_unknown, drift.accepted_before */
    accept(actor: Actor, input: z.output<typeof C.acceptFindingInput>): Promise<{ readonly acceptance: number }>
    endAcceptance(actor: Actor, input: z.output<typeof C.endAcceptanceInput>): Promise<void>
    /** What the set does not compare from now on; replaces what it left out before. */
    ignoreFacets(actor: Actor, input: z.output<typeof C.ignoreFacetsInput>): Promise<void>
    /** The control plane's own database, looked at now. */
    control(): Promise<D.ControlDrift>
    /** The same, as it was compared within the last ten minutes. @throws the control database's errors */
    controlLately(): Promise<D.ControlDrift>
  }
  readonly reports: Reports
  readonly people: {
    list(): Promise<readonly V.PersonRow[]>
    setRole(actor: Actor, input: z.output<typeof C.personRoleInput>): Promise<void>
    disable(actor: Actor, input: z.output<typeof C.personInput>): Promise<void>
    enable(actor: Actor, input: z.output<typeof C.personInput>): Promise<void>
    /** Makes the person if need be and a one-time link's token (shown once, stored hashed, 24 h for the first admin, 72 h for an invitation). */
    invite(actor: Actor, input: z.output<typeof C.inviteInput>): Promise<{ readonly person: string; readonly token: string; readonly expiresAt: string }>
    /** A new link for somebody who lost theirs or forgot their password; older ones stop working. */
    link(actor: Actor, input: z.output<typeof C.personInput>): Promise<{ readonly token: string; readonly expiresAt: string }>
    /** Whom a link lets in. Throws auth.link_unknown or auth.link_expired. */
    readLink(token: string): Promise<{ readonly email: string; readonly name: string }>
    /** Uses a link up: sets the password and ends older sessions. Of two at once one wins, the other gets auth.link_expired. */
    redeem(input: z.output<typeof C.redeemLinkInput>): Promise<{ readonly person: string; readonly email: string }>
    sessions(person: string): Promise<readonly V.SessionRow[]>
    /** Ends the person's sessions, all but `except`. */
    signOutEverywhere(actor: Actor, input: { readonly person: string; readonly except: string | null }): Promise<{ readonly ended: number }>
    /** Ends one session of the actor's own. */
    endSession(actor: Actor, input: z.output<typeof C.endSessionInput>): Promise<void>
    /** Notes that the person is here; written at most once a minute. */
    seen(person: string): Promise<void>
    /**
     * Counts an attempt to sign in; throws auth.rate_limited when there were too many for the address from this client, or from the client. Resolves late when
     * there were very many for the address from everywhere.
     */
    countAttempt(input: { readonly email: string; readonly client: string | null }): Promise<void>
    /** After a sign-in that succeeded. */
    forgetAttempts(input: { readonly email: string; readonly client: string | null }): Promise<void>
  }
  readonly audit: {
    list(filter: C.AuditFilter): Promise<V.AuditPage>
    /** For edges: a look at tenant data, a refused command, a sign-in. */
    record(entry: {
      readonly actor: Actor
      readonly action: string
      readonly subjectKind: string
      readonly subject: string
      readonly details?: Readonly<Record<string, unknown>>
    }): Promise<void>
  }
  readonly events: {
    /** Calls back with what changed, at most 5 times a second; first with the state as it is. Returns the way to stop. */
    run(run: number, afterRevision: number | null, listener: (event: RunEvent) => void): Promise<() => void>
    fleet(listener: (event: FleetEvent) => void): Promise<() => void>
  }
  readonly onCall: {
    /**
     * Whether this process can do its work; answers within two seconds, whatever the control database does.
     * @param needsWorker that no worker was started here is a problem as well
     */
    readiness(needsWorker: boolean): Promise<Readiness>
    /** How the fleet stands, at most five seconds old. @throws the control database's errors, within two seconds */
    numbers(): Promise<FleetNumbers>
    pool(): PoolUse
  }
  /** Starts working on queued runs and schedules in this process. */
  startWorker(options?: { readonly name?: string; readonly schedules?: boolean }): Promise<Worker>
  close(): Promise<void>
}
