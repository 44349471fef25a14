import { expect, test } from 'vitest'
import { Room } from '../../../lib/tenancy/reports/room.ts'

const next = () => new Promise<void>((resolve) => setImmediate(resolve))

const entering = (room: Room) => {
  const seen: string[] = []
  const enter = (key: string, bytes: number) => void room.enter(key, bytes).then((isIn) => seen.push(`${key} ${isIn}`))
  return { seen, enter }
}

test('who finds no room waits, the first one first, also behind who needs more', async () => {
  const room = new Room(10)
  const { seen, enter } = entering(room)
  enter('a', 6)
  enter('b', 4)
  enter('c', 5)
  enter('d', 1)
  await next()
  expect(seen).toEqual(['a true', 'b true'])
  room.leave(4)
  await next()
  expect(seen).toEqual(['a true', 'b true'])
  room.leave(6)
  await next()
  expect(seen).toEqual(['a true', 'b true', 'c true', 'd true'])
})

test('more than all of it comes alone', async () => {
  const room = new Room(10)
  const { seen, enter } = entering(room)
  enter('a', 1)
  enter('large', 1_000)
  enter('b', 1)
  await next()
  expect(seen).toEqual(['a true'])
  room.leave(1)
  await next()
  expect(seen).toEqual(['a true', 'large true'])
  room.leave(1_000)
  await next()
  expect(seen).toEqual(['a true', 'large true', 'b true'])
})

test('what was called off comes in no more, and holds up nobody; closed it lets nobody in', async () => {
  const room = new Room(10)
  const { seen, enter } = entering(room)
  enter('a', 6)
  enter('b', 10)
  enter('c', 4)
  await next()
  expect(room.isWaiting('b')).toBe(true)
  room.callOff('b')
  await next()
  expect([seen, room.isWaiting('b')]).toEqual([['a true', 'b false', 'c true'], false])
  enter('d', 1)
  room.close()
  enter('e', 1)
  await next()
  expect(seen.slice(3).toSorted()).toEqual(['d false', 'e false'])
})
