/** Which lock a statement takes on what is in use, in PostgreSQL's words. */
export const accessExclusive = (table: string): string => `ACCESS EXCLUSIVE on ${table}`
/** Readers go on, writers wait. */
export const share = (table: string): string => `SHARE on ${table}`
export const shareRowExclusive = (...tables: readonly string[]): string => `SHARE ROW EXCLUSIVE on ${[...new Set(tables)].join(' and ')}`
/** Readers and writers go on. */
export const shareUpdateExclusive = (table: string): string => `SHARE UPDATE EXCLUSIVE on ${table}`
