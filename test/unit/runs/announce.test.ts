import { expect, it } from 'vitest'
import { messageText } from '../../../lib/tenancy/control/notify.ts'
import { placesOf } from '../../../lib/tenancy/runs/announce.ts'

const items = (serverId: number, databaseId: number, count: number) => Array.from({ length: count }, () => ({ serverId, databaseId }))

it('a run wants as many connections of each database as it has items there, up to what it may have at once', () => {
  expect(placesOf([...items(1, 1, 3), ...items(2, 7, 1), ...items(1, 2, 50)], null)).toEqual([
    {
      id: 1,
      databases: [
        [1, 3],
        [2, 16],
      ],
    },
    { id: 2, databases: [[7, 1]] },
  ])
  expect(placesOf(items(1, 1, 3), 2)).toEqual([{ id: 1, databases: [[1, 2]] }])
  expect(placesOf([], null)).toEqual([])
})

it('of however many servers and databases it fits into a message', () => {
  const everywhere = Array.from({ length: 10_000 }, (_, index) => ({ serverId: 1_000_000 + (index % 100), databaseId: 10_000_000 + index }))
  expect(Buffer.byteLength(messageText({ topic: 'soon', servers: placesOf(everywhere, null) }))).toBeLessThan(8_000)
})
