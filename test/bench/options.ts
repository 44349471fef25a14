import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

export const benchNames = ['onboard', 'servers', 'claim', 'rollout', 'noop', 'observe', 'report', 'beside', 'screen', 'list', 'fleet', 'web'] as const
export type BenchName = (typeof benchNames)[number]

export type Options = {
  /** Targets of the fleets that are measured one after the other. */
  readonly sizes: readonly number[]
  readonly only: readonly BenchName[]
  /** Connections of the floor, and the budget of the server for the product. */
  readonly connections: number
  /** Rounds of one bench; null: 5. */
  readonly rounds: number | null
  /** JSON lines are appended here. */
  readonly out: string | null
  /** Folder in which fleets stay, and are found again; null: none stays. */
  readonly keep: string | null
  /** Folder for CPU profiles of the worker. */
  readonly profile: string | null
}

const isBench = (name: string): name is BenchName => (benchNames as readonly string[]).includes(name)

const wholeNumber = (text: string, option: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${option} takes whole numbers above 0, not “${text}”`)
  return number
}

/** @throws with a sentence that names the option */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sizes: { type: 'string', default: '100,1000' },
      only: { type: 'string', default: benchNames.join(',') },
      connections: { type: 'string', default: '8' },
      rounds: { type: 'string' },
      out: { type: 'string' },
      keep: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const only = values.only.split(',')
  const unknown = only.find((name) => !isBench(name))
  if (unknown !== undefined) throw new Error(`--only takes ${benchNames.join(', ')}, not “${unknown}”`)
  return {
    sizes: values.sizes.split(',').map((text) => wholeNumber(text, 'sizes')),
    only: only.filter(isBench),
    connections: wholeNumber(values.connections, 'connections'),
    rounds: values.rounds === undefined ? null : wholeNumber(values.rounds, 'rounds'),
    out: values.out ?? null,
    keep: values.keep ?? null,
    profile: values.profile ?? null,
  }
}

export const roundsFor = (options: Options): number => options.rounds ?? 5

export const machine = (): { node: string; cores: number } => ({ node: process.version, cores: availableParallelism() })
