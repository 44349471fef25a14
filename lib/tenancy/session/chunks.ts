/** Pieces of a list, of which each goes into a query of its own: its locks, and what it weighs, stay bounded. */
export const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size))
