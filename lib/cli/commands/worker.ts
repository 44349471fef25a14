import type { Command } from 'commander'
import { z } from 'zod'
import { env } from '../../env.ts'
import { fail } from '../command.ts'
import { createOutput } from '../output.ts'
import { parseInput } from '../parse-input.ts'
import { currentLine } from '../terminal.ts'

const portWords = '“--port” must be a whole number from 1 to 65535'
const portInput = z.object({ port: z.coerce.number(portWords).int(portWords).min(1, portWords).max(65_535, portWords) })

export const addWorker = (program: Command): void => {
  program
    .command('worker')
    .summary('work on runs until Ctrl-C; start as many as you like, on as many machines')
    .option('--name <name>', 'how it is shown beside the runs it drives; machine and process id when absent')
    .option('--port <n>', 'answer /healthz, /readyz and /metrics there; TENANTRY_WORKER_PORT when absent')
    .action(async (options: { name?: string; port?: string }) => {
      const output = createOutput({ ...currentLine(), isJson: false })
      try {
        const port = options.port === undefined ? env.workerPort : parseInput(portInput, { port: options.port }).port
        // With all that it measures, which no other command needs.
        const { runWorker } = await import('../../worker/main.ts')
        await runWorker({
          ...(options.name === undefined ? {} : { name: options.name }),
          ...(port === null ? {} : { port }),
          say: (line) => output.note(line),
        })
      } catch (error) {
        fail(error)
      }
    })
}
