/** One line of the table: what the schema should be, what it is, what is said of it and what mends it. */
export type Case = {
  readonly name: string
  /** Major version of the first server that knows it. */
  readonly since?: number
  /** SQL in front of both. `$role` is the tenant's role, `$schema` the schema. */
  readonly base?: string
  readonly norm: string
  readonly seen: string
  /** Severity and sentence. */
  readonly findings: readonly string[]
  readonly repair?: readonly string[]
  /** Sentence and reason of what is left to a person. */
  readonly left?: readonly string[]
  /** What DDL cannot say: found when the norm's own is executed. */
  readonly inDdl?: readonly string[]
}
