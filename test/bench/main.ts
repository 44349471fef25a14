/** `npm run bench`: what the product takes, as ratios to a bare loop, in one run on one machine. Asserts nothing. */
import { claim } from './benches/claim.ts'
import { registry } from './benches/registry.ts'
import { noop } from './benches/noop.ts'
import { observe } from './benches/observe.ts'
import { onboard } from './benches/onboard.ts'
import { rollout } from './benches/rollout.ts'
import { web } from './benches/web.ts'
import { readOptions, type BenchName, type Options } from './options.ts'
import { tableOf, writeLines, type Result } from './output.ts'
import { openServer, type BenchServer } from './server.ts'
import { openStage, type Stage } from './stage.ts'

const stageBenches: ReadonlyArray<readonly [BenchName, (stage: Stage) => Promise<Result[]>]> = [
  ['observe', observe],
  ['rollout', rollout],
  ['noop', noop],
]

const say = (line: string): void => console.error(line)

const ofSize = async (server: BenchServer, options: Options, size: number, keep: (results: Result[]) => void): Promise<void> => {
  if (options.only.includes('onboard')) {
    say(`onboarding ${size}`)
    keep(await onboard(server, options, size))
  }
  const wanted = stageBenches.filter(([name]) => options.only.includes(name))
  if (wanted.length === 0) return
  say(`building a fleet of ${size}`)
  const stage = await openStage(server, options, size)
  try {
    for (const [name, bench] of wanted) {
      say(`${name} ${size}`)
      keep(await bench(stage))
    }
  } finally {
    await stage.close()
  }
}

const run = async (options: Options): Promise<Result[]> => {
  const results: Result[] = []
  const keep = (more: readonly Result[]): void => {
    results.push(...more)
    if (options.out !== null) writeLines(options.out, more)
  }
  const server = await openServer()
  // Ctrl-C must not leave a server behind.
  process.once('SIGINT', () => void server.close().finally(() => process.exit(130)))
  try {
    for (const size of options.sizes) await ofSize(server, options, size, keep)
    if (options.only.includes('claim')) {
      say('claims from a warm pool')
      keep(await claim(server, options))
    }
    if (options.only.includes('list') || options.only.includes('fleet')) {
      say('the registry with 10,000 tenants')
      keep(await registry(server, options))
    }
    if (options.only.includes('web')) {
      say('the console with 10,000 tenants')
      keep(await web(server, options))
    }
  } finally {
    await server.close()
  }
  return results
}

console.log(tableOf(await run(readOptions(process.argv.slice(2)))))
