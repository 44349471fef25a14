/** Takes jobs of a queue, several at once. */
import type { Job, PgBoss } from 'pg-boss'

const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 5 }

/**
 * Whoever waits for a job asks for it at each word of the queue. So one waits at first, and one more from whenever all had their hands full: no more than were ever busy at once, and one.
 * @param most jobs at once
 * @param onRefused told when no more can be made to wait; those that there are go on
 * @throws the queue's error, when none can wait
 */
export const takeJobs = async <Data extends object>(
  boss: Pick<PgBoss, 'work'>,
  queue: string,
  most: number,
  handle: (job: Job<Data>) => Promise<void>,
  onRefused: (error: unknown) => void,
): Promise<void> => {
  let takers = 0
  let busy = 0
  const addTaker = async (): Promise<void> => {
    takers += 1
    try {
      await boss.work<Data>(queue, { localConcurrency: 1, batchSize: 1, heartbeatRefreshSeconds: 3, ...polling }, async ([job]) => {
        if (!job) return
        busy += 1
        if (busy === takers && takers < most) addTaker().catch(onRefused)
        try {
          await handle(job)
        } finally {
          busy -= 1
        }
      })
    } catch (error) {
      takers -= 1
      throw error
    }
  }
  await addTaker()
}
