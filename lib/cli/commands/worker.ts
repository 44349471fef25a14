import type { Command } from 'commander'
import { runWorker } from '../../worker/main.ts'
import { fail } from '../command.ts'
import { createOutput } from '../output.ts'

export const addWorker = (program: Command): void => {
  program
    .command('worker')
    .summary('work on runs until Ctrl-C; start as many as you like, on as many machines')
    .option('--name <name>', 'how it is shown beside the runs it drives; machine and process id when absent')
    .action(async (options: { name?: string }) => {
      const output = createOutput(false)
      try {
        await runWorker({ ...(options.name === undefined ? {} : { name: options.name }), say: (line) => output.note(line) })
      } catch (error) {
        fail(output, error)
      }
    })
}
