/** Who is in the way of an item, asked of its server at this moment; of one that has failed, who was last seen there stands with its error. */
import type { BlockingSession, ItemBlockers } from '../../contract/blockers.ts'
import type { Library } from '../../context.ts'
import { isTenancyError } from '../../errors.ts'
import { lookBriefly, type LookBounds } from '../../registry/brief-look.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { within } from '../within.ts'
import { blockersQuery } from './chain-sql.ts'
import { findPlace, type ItemPlace } from './item-place.ts'

/** Together within the two seconds in which a panel asks again. First, because what is in the item's way may hold other looks up as well. */
export const lookBounds: LookBounds = { turnMs: 800, connectMs: 700, statementMs: 500, isFirst: true }
const allMs = 2_000

type Seen = {
  readonly own: (NonNullable<ItemBlockers['own']> & { readonly isWaiting: boolean }) | null
  readonly total: number
  readonly sessions: readonly BlockingSession[]
}

/** @throws the server's error */
export const askServer = async <Answer>(connection: FleetConnection, text: string): Promise<Answer> => {
  const [row] = await connection.query<{ seen: string }>(text, lookBounds.statementMs * 2)
  const answer: Answer = JSON.parse(row?.seen ?? 'null')
  return answer
}

type Failed = ItemBlockers['failed']

const answerOf = (readAt: string, { isAside }: ItemPlace, failed: Failed, { own, total, sessions }: Seen): ItemBlockers => {
  const standing = own?.isWaiting ? 'waits' : own === null && isAside ? 'aside' : 'free'
  const shown = own && { pid: own.pid, waitsFor: own.waitsFor, queryMs: own.queryMs, building: own.building }
  const inTheWay = standing === 'free' ? { sessions: [], total: 0 } : { sessions, total }
  return { readAt, standing, own: shown, ...inTheWay, problem: null, failed }
}

const nobody = (readAt: string, failed: Failed, problem: string | null = null): ItemBlockers => ({
  readAt,
  standing: 'free',
  own: null,
  sessions: [],
  total: 0,
  problem,
  failed,
})

const look = async (library: Library, place: ItemPlace, failed: Failed): Promise<ItemBlockers> => {
  const readAt = library.clock().toISOString()
  try {
    return answerOf(
      readAt,
      place,
      failed,
      await lookBriefly(library, place.database, (connection) => askServer<Seen>(connection, blockersQuery(place)), {
        ...lookBounds,
        isFirst: place.only === null,
      }),
    )
  } catch (error) {
    if (!isTenancyError(error)) throw error
    return nobody(readAt, failed, error.message)
  }
}

const looks = new WeakMap<Library, Map<string, Promise<ItemBlockers>>>()

/** Those who ask for the same item at the same time share one look. */
const lookTogether = (library: Library, key: string, place: ItemPlace, failed: Failed): Promise<ItemBlockers> => {
  const mine = looks.get(library) ?? new Map<string, Promise<ItemBlockers>>()
  looks.set(library, mine)
  const going = mine.get(key)
  if (going) return going
  const begun = look(library, place, failed).finally(() => mine.delete(key))
  mine.set(key, begun)
  return begun
}

/** @throws run.unknown, tenant.unknown when the tenant has no item there */
export const readBlockers = async (library: Library, run: number, slug: string): Promise<ItemBlockers> => {
  const { place, failed } = await findPlace(library, run, slug)
  const readAt = library.clock().toISOString()
  if (!place) return nobody(readAt, failed)
  const seen = lookTogether(library, `${run} ${slug}`, place, failed)
  return (await within(allMs, seen))
    ? seen
    : nobody(readAt, failed, `The server of database “${place.database.name}” has not answered within ${allMs / 1000} seconds.`)
}
