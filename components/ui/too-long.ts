import { formatCount } from '@/lib/format'

/** Said while it is typed or pasted: a field that cuts what is too long would keep half of it without a word. */
export const tooLong = (text: string, most: number): string | null => {
  const { length } = text.trim()
  return length > most ? `It has ${formatCount(length)} characters, and ${formatCount(most)} is the most: shorten it.` : null
}

/** Characters of a reason or a note, in the audit and with a run. */
export const longestNote = 500
