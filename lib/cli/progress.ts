/** A run's progress on stderr: a bar where somebody watches, else nothing. */
import cliProgress from 'cli-progress'
import type { Options, Params } from 'cli-progress'
import { formatCount, formatDuration } from '../format.ts'
import type { ItemCounts, RunEvent } from '../tenancy/contract/index.ts'

// The package is CommonJS whose names Node does not see.
const { Format, Presets, SingleBar } = cliProgress

export type Progress = {
  show(event: RunEvent): void
  end(): void
}

/** Items that an attempt has settled; what was cancelled never had one that did. */
const workedCount = (counts: ItemCounts): number => counts.succeeded + counts.failed + counts.skipped

const describe = ({ state, counts, rate, etaMs }: RunEvent): string =>
  [
    `${formatCount(workedCount(counts))}/${formatCount(counts.total)}`,
    counts.failed > 0 ? `${formatCount(counts.failed)} failed` : '',
    counts.cancelled > 0 ? `${formatCount(counts.cancelled)} cancelled` : '',
    rate === null || rate < 0.1 ? '' : `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`,
    etaMs === null ? '' : `${formatDuration(etaMs)} left`,
    state === 'running' || state === 'queued' ? '' : state,
  ]
    .filter(Boolean)
    .join('  ')

type Payload = { readonly words: string }

/** `words` are written as they are, behind the bar. */
const line =
  (run: number) =>
  (options: Options, params: Params, payload: Payload): string =>
    `run ${run}  ${Format.BarFormat(params.progress, options)}  ${payload.words}`

export const createProgress = (run: number, isWatched: boolean): Progress => {
  if (!isWatched) return { show: () => undefined, end: () => undefined }
  const bar = new SingleBar(
    { format: line(run), barsize: 30, fps: 10, hideCursor: true, clearOnComplete: true, stream: process.stderr, gracefulExit: false },
    Presets.shades_grey,
  )
  let isStarted = false
  return {
    show: (event) => {
      const payload: Payload = { words: describe(event) }
      if (!isStarted) bar.start(Math.max(1, event.counts.total), workedCount(event.counts), payload)
      else bar.update(workedCount(event.counts), payload)
      isStarted = true
    },
    end: () => {
      if (isStarted) bar.stop()
    },
  }
}
