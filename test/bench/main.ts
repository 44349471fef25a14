/** `npm run bench`: what the product takes, as ratios to a bare loop, in one run on one machine. Asserts nothing. */
import { beside } from './benches/beside.ts'
import { claim } from './benches/claim.ts'
import { registry } from './benches/registry.ts'
import { noop } from './benches/noop.ts'
import { observe } from './benches/observe.ts'
import { onboard } from './benches/onboard.ts'
import { report } from './benches/report.ts'
import { rollout } from './benches/rollout.ts'
import { screen } from './benches/screen.ts'
import { servers } from './benches/servers.ts'
import { web } from './benches/web.ts'
import { growthLines, growthOf, writeGrowth } from './growth.ts'
import { openKept } from './kept.ts'
import { readOptions, type BenchName, type Options } from './options.ts'
import { tableOf, writeLines, type Result } from './output.ts'
import { closeServers, openServer, type BenchServer } from './server.ts'
import { openStage, type Stage } from './stage.ts'

const stageBenches: ReadonlyArray<readonly [BenchName, (stage: Stage) => Promise<Result[]>]> = [
  ['observe', observe],
  ['report', report],
  ['rollout', rollout],
  ['noop', noop],
  ['beside', beside],
  ['screen', screen],
]

const say = (line: string): void => console.error(line)

/** A stage whose fleet is kept has its server to itself; the others share one. */
const withStage = async (server: BenchServer, options: Options, size: number, work: (stage: Stage) => Promise<void>): Promise<void> => {
  const kept = options.keep === null ? null : openKept(options.keep, size)
  const own = kept ? await openServer({ keptIn: kept.dir }) : null
  say(kept?.isBuilt ? `opening the fleet of ${size} in ${kept.dir}` : `building a fleet of ${size}`)
  try {
    const stage = await openStage(own ?? server, options, size, kept)
    try {
      await work(stage)
    } finally {
      await stage.close()
    }
  } finally {
    await own?.close()
  }
}

const ofSize = async (server: BenchServer, options: Options, size: number, keep: (results: Result[]) => void): Promise<void> => {
  if (options.only.includes('onboard')) {
    say(`onboarding ${size}`)
    keep(await onboard(server, options, size))
  }
  if (options.only.includes('servers')) {
    say(`${size} on three servers and on one`)
    keep(await servers(options, size))
  }
  const wanted = stageBenches.filter(([name]) => options.only.includes(name))
  if (wanted.length === 0) return
  await withStage(server, options, size, async (stage) => {
    for (const [name, bench] of wanted) {
      say(`${name} ${size}`)
      keep(await bench(stage))
    }
  })
}

const run = async (options: Options): Promise<Result[]> => {
  const results: Result[] = []
  const keep = (more: readonly Result[]): void => {
    results.push(...more)
    if (options.out !== null) writeLines(options.out, more)
  }
  const server = await openServer()
  // Whoever stops the bench must not find its servers still running.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => void closeServers().finally(() => process.exit(code)))
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
    await closeServers()
  }
  return results
}

const options = readOptions(process.argv.slice(2))
const results = await run(options)
console.log(tableOf(results))
const growths = growthOf(results)
if (growths.length > 0) {
  console.log(`\n${growthLines(growths)}`)
  if (options.out !== null) writeGrowth(options.out, growths)
}
