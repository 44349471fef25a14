/** What later runs have put right of a finished one, in words: the same in the console, on the command line and in refusals. */

/** So many items of a run did not succeed there, and did in this later one. */
export type PutRight = { readonly run: number; readonly count: number }

const listOf = (words: readonly string[]): string => (words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : (words[0] ?? ''))

export const putRightCount = (putRight: readonly PutRight[]): number => putRight.reduce((sum, { count }) => sum + count, 0)

/** "3 of 4 were put right by run 12"; null when nothing was. @param of so many there were */
export const describePutRight = (putRight: readonly PutRight[], of: number): string | null => {
  const count = putRightCount(putRight)
  if (count === 0) return null
  const runs = listOf(putRight.map(({ run }) => String(run)))
  const share = count === of ? (of === 1 ? 'It was' : `All ${of} were`) : `${count} of ${of} ${count === 1 ? 'was' : 'were'}`
  return `${share} put right by ${putRight.length === 1 ? 'run' : 'runs'} ${runs}`
}
