import { setTimeout as sleep } from 'node:timers/promises'
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { expect, it } from 'vitest'
import { silentLogger } from '../../../lib/tenancy/context.ts'
import type { ControlTables } from '../../../lib/tenancy/control/schema.ts'
import type { OpenRun } from '../../../lib/tenancy/runs/conduct/adopt.ts'
import { Intake } from '../../../lib/tenancy/runs/conduct/intake.ts'
import { WorkList } from '../../../lib/tenancy/runs/conduct/work-list.ts'
import { runOf, workOf } from '../../support/driven.ts'

const nowhere = new Kysely<ControlTables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})
const openRun = (id: number, open: number, part: Partial<OpenRun> = {}): OpenRun => ({
  id,
  isReport: false,
  state: 'running',
  revision: 1,
  failuresLeft: null,
  open,
  ...part,
})

/** What stands in the control plane is said by the test, and what was read of it is written down. */
const makeIntake = () => {
  const read: string[] = []
  const control = {
    open: [] as OpenRun[],
    held: [] as number[],
    atAdopt: (_run: number): void => {},
    adoptMs: 0,
    refused: [] as number[],
    reports: 0,
    isTelling: false,
  }
  const list = new WorkList()
  const held = () => new Set(control.held.map((position) => `1:${position}`))
  const intake: Intake = new Intake({
    db: nowhere,
    readers: {
      readServer: () => Promise.resolve(null),
      openRuns: () => Promise.resolve(control.open),
      adoptRun: async (_db, _lease, id) => {
        read.push(`adopt ${id}`)
        control.atAdopt(id)
        await sleep(control.adoptMs)
        if (control.refused.includes(id)) throw new Error('it cannot be taken up')
        return runOf(id, { kind: control.open.find((run) => run.id === id)?.isReport === true ? 'report' : 'migrate' })
      },
      interruptLeftovers: () => Promise.resolve(new Set<number>()),
      readWork: (_db, _lease, run, _interrupted, knows) => {
        read.push(`items of ${run.id}`)
        const count = control.open.find(({ id }) => id === run.id)?.open ?? 0
        return Promise.resolve(Array.from({ length: count }, (_, index) => workOf(run, index + 1)).filter(({ position }) => !knows(position)))
      },
    },
    logger: silentLogger,
    lease: { serverId: 1, epoch: 1, installation: 'aaaaaaaa' },
    list,
    reporter: {
      get reports() {
        return control.isTelling ? (control.reports += 1) : control.reports
      },
      get empty() {
        return control.held.length === 0
      },
      held,
      heldOf: () => control.held,
    },
    onServer: () => {},
    onRuns: () => {},
    onChange: () => {},
    onLost: (error) => {
      throw error
    },
  })
  return { intake, list, control, read }
}

it('items of a run that is held whole are not read again, however often it is looked at', async () => {
  const { intake, list, control, read } = makeIntake()
  control.open = [openRun(1, 3)]
  await intake.refresh()
  await intake.refresh()
  expect(read).toEqual(['adopt 1', 'items of 1'])
  // One is in hand, which has been noted and is about to be told; another has settled, and that is about to be told as well.
  const [first, second] = [list.take(1, () => true), list.take(1, () => true)]
  if (!first || !second) throw new Error('there was nothing to take')
  list.settle(second)
  control.held = [first.position, second.position]
  await intake.refresh()
  expect(read).toHaveLength(2)
})

it('they are when more is open than is held: something was opened again', async () => {
  const { intake, list, control, read } = makeIntake()
  control.open = [openRun(1, 2)]
  await intake.refresh()
  const failed = list.take(1, () => true)
  if (!failed) throw new Error('there was nothing to take')
  list.settle(failed)
  // It was told, and somebody retried it.
  await intake.refresh()
  expect(read).toEqual(['adopt 1', 'items of 1', 'items of 1'])
  expect(list.openOf(1)).toBe(2)
})

it('a run that writes is looked for between two reports that are taken up', async () => {
  const { intake, control, read } = makeIntake()
  control.open = [openRun(1, 1), openRun(2, 1)]
  const asked: Promise<void>[] = []
  control.atAdopt = (run) => {
    if (run !== 1) return
    control.open = [openRun(3, 1), ...control.open]
    asked.push(intake.refresh())
  }
  await intake.refresh()
  await Promise.all(asked)
  expect(read.filter((what) => what.startsWith('adopt'))).toEqual(['adopt 1', 'adopt 3', 'adopt 2'])
})

const adopted = (read: readonly string[]): readonly string[] => read.filter((what) => what.startsWith('adopt'))
const report = { isReport: true }

it('beside what writes reports are taken up one after the other, with rests between them', async () => {
  const { intake, control, read } = makeIntake()
  control.adoptMs = 30
  control.open = [openRun(1, 1), openRun(2, 1, report), openRun(3, 1, report), openRun(4, 0, { ...report, state: 'cancelling' })]
  await intake.refresh()
  // One that is to be ended is no work.
  expect(adopted(read)).toEqual(['adopt 1', 'adopt 2', 'adopt 4'])
  await intake.refresh()
  expect(adopted(read)).toHaveLength(3)
  // Nobody has to ask again.
  await expect.poll(() => adopted(read)).toEqual(['adopt 1', 'adopt 2', 'adopt 4', 'adopt 3'])
})

it('and all at once where nothing writes, or does any more', async () => {
  const { intake, list, control, read } = makeIntake()
  control.adoptMs = 30
  control.open = [openRun(1, 1), openRun(2, 1, report), openRun(3, 1, report), openRun(4, 1, report)]
  await intake.refresh()
  expect(adopted(read)).toEqual(['adopt 1', 'adopt 2'])
  const written = [list.take(1, () => true), list.take(1, () => true)].find((work) => work?.run.id === 1)
  if (!written) throw new Error('there was nothing to take')
  list.settle(written)
  control.open = control.open.slice(1)
  await intake.refresh()
  expect(adopted(read)).toEqual(['adopt 1', 'adopt 2', 'adopt 3', 'adopt 4'])
  await intake.close()
})

it('a report that cannot be taken up keeps none behind it waiting', async () => {
  const { intake, control, read } = makeIntake()
  control.adoptMs = 30
  control.open = [openRun(1, 1), openRun(2, 1, report), openRun(3, 1, report)]
  control.refused = [2]
  await intake.refresh()
  expect(adopted(read)).toEqual(['adopt 1', 'adopt 2', 'adopt 3'])
})

it('a rest ends with the last that writes', async () => {
  const { intake, list, control, read } = makeIntake()
  control.adoptMs = 100
  control.open = [openRun(1, 1), openRun(2, 1, report), openRun(3, 1, report)]
  await intake.refresh()
  const written = [list.take(1, () => true), list.take(1, () => true)].find((work) => work?.run.id === 1)
  if (!written) throw new Error('there was nothing to take')
  intake.endRest()
  expect(adopted(read)).toEqual(['adopt 1', 'adopt 2'])
  list.settle(written)
  control.open = control.open.slice(1)
  intake.endRest()
  // Of a rest of 0.7 s.
  await sleep(50)
  expect(adopted(read)).toEqual(['adopt 1', 'adopt 2', 'adopt 3'])
  await intake.close()
})

it('takes nothing up once it is closed, whatever it was about to', async () => {
  const { intake, control, read } = makeIntake()
  control.adoptMs = 30
  control.open = [openRun(1, 1), openRun(2, 1, report), openRun(3, 1, report), openRun(4, 1)]
  control.atAdopt = (run) => {
    if (run === 2) void intake.close()
  }
  await intake.refresh()
  await sleep(400)
  await intake.refresh()
  expect(adopted(read)).toEqual(['adopt 1', 'adopt 2'])
})

it('items of a run that is new here are read once, however much of others is told meanwhile', async () => {
  const { intake, control, read } = makeIntake()
  control.open = [openRun(1, 3)]
  control.isTelling = true
  await intake.refresh()
  expect(read).toEqual(['adopt 1', 'items of 1'])
})

it('those of which something is about to be told are read until nothing was told meanwhile', async () => {
  const { intake, control, read } = makeIntake()
  control.open = [openRun(1, 3)]
  control.held = [2]
  control.isTelling = true
  await intake.refresh()
  expect(read.filter((what) => what === 'items of 1')).toHaveLength(10)
})
