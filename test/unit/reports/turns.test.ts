import { expect, test } from 'vitest'
import { Turns } from '../../../lib/tenancy/reports/turns.ts'

test('no more than so many work at once, in the order in which they came, and one that fails holds up none', async () => {
  const turns = new Turns(2, 60_000)
  const started: number[] = []
  const ends: Array<(fails: boolean) => void> = []
  const all = Array.from({ length: 5 }, (_, index) =>
    turns.run(async () => {
      started.push(index)
      if (await new Promise<boolean>((resolve) => ends.push(resolve))) throw new Error(`work ${index}`)
      return index
    }),
  )
  const settled = Promise.allSettled(all)
  const next = () => new Promise<void>((resolve) => setImmediate(resolve))
  await next()
  expect(started).toEqual([0, 1])
  ends[1]?.(true)
  await next()
  expect(started).toEqual([0, 1, 2])
  for (const index of [0, 2]) ends[index]?.(false)
  await next()
  expect(started).toEqual([0, 1, 2, 3, 4])
  for (const index of [3, 4]) ends[index]?.(false)
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  // Every turn was given back.
  expect(await Promise.all([turns.run(async () => 'a'), turns.run(async () => 'b'), turns.run(async () => 'c')])).toEqual(['a', 'b', 'c'])
})

test('whoever has waited for too long is refused, and takes nobody’s turn', async () => {
  const turns = new Turns(1, 20)
  const giveBack = await turns.take()
  await expect(turns.take()).rejects.toMatchObject({ code: 'report.busy', details: { most: 1 } })
  giveBack()
  // Given back twice it is one turn still.
  giveBack()
  const again = await turns.take()
  await expect(turns.take()).rejects.toMatchObject({ code: 'report.busy' })
  again()
})
