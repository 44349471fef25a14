import { readinessOf, type ReadinessState } from '../contract/on-call.ts'
import type { Tenancy } from '../contract/tenancy.ts'
import type { Worker } from '../contract/worker.ts'
import type { Library } from '../context.ts'
import { openControl } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { structureState, type ControlStructure } from './control-structure.ts'
import { readNumbers } from './numbers.ts'
import { within } from '../runs/within.ts'
import { pulseOf, readControlState, readTrack } from './readiness.ts'
import { shared } from './shared.ts'

const boundMs = 2_000
const readyKeepMs = 1_000
const numbersKeepMs = 5_000

export type OnCall = Tenancy['onCall'] & {
  /** From now on the process is as well as this worker of its own. */
  follow(worker: Worker): Worker
  close(): Promise<void>
}

const inTime = async <T>(work: Promise<T>, late: () => T): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(late())
      } catch (error) {
        reject(error)
      }
    }, boundMs)
  })
  try {
    return await Promise.race([work, bound])
  } finally {
    clearTimeout(timer)
  }
}

const silent: Omit<ReadinessState, 'worker' | 'structure'> = { control: 'silent', migrations: 'unknown', secret: 'unknown' }

/**
 * Over connections of its own, two at most: probes must be answered while pages wait, and must never be what they wait for.
 * @param url of the control database
 * @param directory of the control plane's own migrations
 * @param controlStructure what is known of its structure
 */
export const createOnCall = (library: Library, url: string, directory: string, controlStructure: ControlStructure): OnCall => {
  const workers = new Set<Worker>()
  const own = openControl(url, { max: 2, applicationName: 'tenantry:on-call', answerMs: boundMs })
  const track = shared(() => readTrack(directory), Number.POSITIVE_INFINITY)
  const controlState = shared(async () => readControlState(own.db, library.secret, await track()), readyKeepMs)
  const numbers = shared(() => readNumbers(own.db), numbersKeepMs)
  return {
    readiness: async (needsWorker) => {
      const pulse = pulseOf([...workers].map((worker) => worker.pulse))
      const control = await inTime(controlState(), () => silent)
      // Of another release's structure, or of none, nothing can be said.
      const structure = control.migrations === 'ok' ? structureState(controlStructure.latest()) : 'unknown'
      return readinessOf({ ...control, structure, worker: needsWorker && pulse === 'none' ? 'starting' : pulse })
    },
    numbers: () =>
      inTime(numbers(), () => {
        throw new TenancyError('control.unreachable', { problem: `it did not answer within ${boundMs / 1000} seconds.` })
      }),
    follow: (worker) => {
      workers.add(worker)
      return worker
    },
    pool: () => library.control.pool(),
    close: async () => {
      await within(boundMs, controlStructure.settled())
      await own.close()
    },
  }
}
