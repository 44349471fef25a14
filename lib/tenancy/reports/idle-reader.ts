/** Who reads rows too slowly: the server ends a session that stands idle in its transaction, and how the driver learns of that is a matter of moments. */
import { TenancyError } from '../errors.ts'
import { classify, codeOf, sqlstate } from '../sql/sqlstate.ts'

/** The driver connects anew where the end was heard in time, and finds no cursor there; else it writes to what is gone. */
const endedIdle: ReadonlySet<string> = new Set([sqlstate.idleInTransactionTimeout, sqlstate.undefinedCursor])

/** The server begins to count before the rows have come. */
const nearly = 0.9

export class IdleReader {
  readonly #run: number
  readonly #idleMs: number
  #handedAt = 0
  #tookMs = 0

  constructor(run: number, idleMs: number) {
    this.#run = run
    this.#idleMs = idleMs
  }

  handed(): void {
    this.#handedAt = Date.now()
  }

  /** The reader wants more. */
  back(): void {
    this.#tookMs = Date.now() - this.#handedAt
  }

  /** @returns report.slow where that is why the session is gone, else the error itself */
  reasonOf(error: unknown): unknown {
    const code = codeOf(error)
    const isGone = endedIdle.has(code) || classify(code) === 'connection'
    if (!isGone || this.#tookMs < this.#idleMs * nearly) return error
    return new TenancyError('report.slow', { run: this.#run, seconds: this.#idleMs / 1_000, problem: 'they were taken too slowly' }, error)
  }
}
