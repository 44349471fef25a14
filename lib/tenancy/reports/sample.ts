/** Of many tenants a few, as different from each other as there are: what one of them refuses or answers otherwise, others like it will. */

export type Sampled = {
  readonly slug: string
  readonly databaseId: number
  /** Of its history, in the set; null: not on its track. */
  readonly position: number | null
  readonly version: string | null
  /** Its structure as last seen; null: never compared. */
  readonly structureId: number | null
  readonly reachable: boolean
}

/** Tenants of one structure, by database. */
type Alike<T> = { readonly newest: number; readonly count: number; readonly queues: Map<number, T[]> }

/** The newest version's and the most frequent first. */
const alikeOf = <T extends Sampled>(chosen: readonly T[]): ReadonlyArray<Alike<T>> =>
  [...Map.groupBy(chosen, ({ version, structureId }) => `${version} ${structureId}`).values()]
    .map((group) => ({
      newest: group[0]?.position ?? -1,
      count: group.length,
      queues: Map.groupBy(group, ({ databaseId }) => databaseId),
    }))
    .toSorted((one, other) => other.newest - one.newest || other.count - one.count)

/** One of each structure before the second of any, from the database that was asked least so far; who has a choice of databases comes behind who has none. */
const takeInTurns = <T extends Sampled>(chosen: readonly T[], count: number): readonly T[] => {
  const taken: T[] = []
  const asked = new Map<number, number>()
  let groups = alikeOf(chosen)
  while (groups.length > 0 && taken.length < count) {
    const round = groups.slice(0, count - taken.length).toSorted((one, other) => one.queues.size - other.queues.size)
    for (const { queues } of round) {
      const [first] = [...queues].toSorted(([one], [other]) => (asked.get(one) ?? 0) - (asked.get(other) ?? 0))
      if (!first) continue
      const [database, queue] = first
      taken.push(...queue.splice(0, 1))
      asked.set(database, (asked.get(database) ?? 0) + 1)
      if (queue.length === 0) queues.delete(database)
    }
    groups = groups.filter(({ queues }) => queues.size > 0)
  }
  return taken
}

/**
 * One of each structure, the newest version's and the most frequent first, before the second of any, and of the databases each before the next; who was out of reach
 * only where others are too few.
 * @param chosen in order of slug
 * @returns at most `count`, in order of slug
 */
export const sampleOf = <T extends Sampled>(chosen: readonly T[], count: number): readonly T[] => {
  const [there, gone] = [chosen.filter(({ reachable }) => reachable), chosen.filter(({ reachable }) => !reachable)]
  const taken = takeInTurns(there, count)
  const few = new Set(taken.length < count ? [...taken, ...takeInTurns(gone, count - taken.length)] : taken)
  return chosen.filter((one) => few.has(one))
}
