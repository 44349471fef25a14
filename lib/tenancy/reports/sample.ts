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

/** One of each group before the second of any. */
const inTurns = <T>(groups: ReadonlyArray<readonly T[]>): readonly T[] => {
  const rounds = Math.max(0, ...groups.map((group) => group.length))
  return Array.from({ length: rounds }, (_, round) => groups.flatMap((group) => group.slice(round, round + 1))).flat()
}

const newest = (group: readonly Sampled[]): number => group[0]?.position ?? -1

/**
 * One of each structure, the newest version's and the most frequent first, before the second of any; of each the databases in turns; who was out of reach comes last.
 * @param chosen in order of slug
 * @returns at most `count`, in order of slug
 */
export const sampleOf = <T extends Sampled>(chosen: readonly T[], count: number): readonly T[] => {
  const alike = [...Map.groupBy(chosen, ({ version, structureId }) => `${version} ${structureId}`).values()]
  const groups = alike
    .toSorted((one, other) => newest(other) - newest(one) || other.length - one.length)
    .map((group) => inTurns([...Map.groupBy(group, ({ databaseId }) => databaseId).values()]))
  const order = inTurns(groups)
  const few = new Set([...order.filter(({ reachable }) => reachable), ...order.filter(({ reachable }) => !reachable)].slice(0, count))
  return chosen.filter((one) => few.has(one))
}
