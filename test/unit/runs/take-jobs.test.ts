import { describe, expect, it } from 'vitest'
import { takeJobs } from '../../../lib/tenancy/runs/take-jobs.ts'

type Take = (jobs: Array<{ readonly id: string; readonly data: object }>) => Promise<unknown>

/** A queue whose takers are handed their jobs by hand. */
const openQueue = () => {
  const takers: Take[] = []
  const queue = {
    refuses: false,
    takers,
    work: (...given: readonly unknown[]): Promise<string> => {
      if (queue.refuses) return Promise.reject(new Error('the queue is closed'))
      const take = given.at(-1)
      if (typeof take === 'function') takers.push((jobs) => Promise.resolve(take(jobs)))
      return Promise.resolve(`taker ${takers.length}`)
    },
  }
  return queue
}

const open = async (most: number) => {
  const queue = openQueue()
  const refusals: unknown[] = []
  const ends = new Map<string, () => void>()
  await takeJobs(
    queue,
    'conduct',
    most,
    ({ id }) => new Promise((resolve) => ends.set(id, resolve)),
    (error) => refusals.push(error),
  )
  return { queue, refusals, end: (id: string) => ends.get(id)?.(), give: (taker: number, id: string) => queue.takers[taker]?.([{ id, data: {} }]) }
}

describe('jobs of a queue', () => {
  it('are waited for by one, and by one more whenever all have their hands full', async () => {
    const { queue, give } = await open(16)
    expect(queue.takers).toHaveLength(1)
    void give(0, 'a')
    expect(queue.takers).toHaveLength(2)
    void give(1, 'b')
    expect(queue.takers).toHaveLength(3)
  })

  it('are taken by those who have their hands free again before there are more', async () => {
    const { queue, give, end } = await open(16)
    const first = give(0, 'a')
    end('a')
    await first
    void give(0, 'b')
    expect(queue.takers).toHaveLength(2)
  })

  it('are never more at once than may be', async () => {
    const { queue, give } = await open(2)
    void give(0, 'a')
    void give(1, 'b')
    expect(queue.takers).toHaveLength(2)
  })

  it('go on when nobody more can be made to wait, and that is tried again', async () => {
    const { queue, refusals, give, end } = await open(3)
    queue.refuses = true
    const first = give(0, 'a')
    await expect.poll(() => refusals).toEqual([new Error('the queue is closed')])
    end('a')
    await first
    queue.refuses = false
    void give(0, 'b')
    expect(queue.takers).toHaveLength(2)
  })
})
