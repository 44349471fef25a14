type Choice = { readonly value: string; readonly count: number }

/** What can be chosen, most rows first; a value that is chosen stays in the list though nothing is left of it. */
export const choicesOf = (choices: readonly Choice[], chosen: readonly string[]): readonly Choice[] => {
  const known = new Set(choices.map(({ value }) => value))
  const gone = chosen.filter((value) => !known.has(value)).map((value) => ({ value, count: 0 }))
  return [...choices.toSorted((one, other) => other.count - one.count || one.value.localeCompare(other.value, 'en', { numeric: true })), ...gone]
}

/** What a filter's button says: one value by name, more by number. */
export const chosenWords = (chosen: readonly string[]): string => (chosen.length === 1 ? (chosen[0] ?? '').replaceAll('_', ' ') : `${chosen.length} of them`)
