/** The ready schemas of a set in one database. */
export type PoolView = {
  readonly database: string
  /** How many there are to be. */
  readonly size: number
  readonly ready: number
  /** Why there are fewer; null: nothing is in the way. */
  readonly problem: string | null
  /** When what is in the way is tried again by itself; null: with the next change of the set or of the size. */
  readonly retryAt: string | null
}
