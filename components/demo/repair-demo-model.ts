import { plural } from '@/lib/format'

/** The tenants of the run's failures that the demo's repair would help; in the order of the failures. */
export const repairable = (failed: readonly string[], broken: readonly string[]): readonly string[] => {
  const known = new Set(broken)
  return failed.filter((slug) => known.has(slug))
}

export const repairedSentence = (invoices: number, tenants: number, locked: readonly string[] = []): string => {
  const done =
    invoices === 0
      ? 'There was nothing left to put right.'
      : `${plural(invoices, 'invoice')} of ${plural(tenants, 'tenant')} ${invoices === 1 ? 'is' : 'are'} put right.`
  if (locked.length === 0) return done
  const held = `The invoices of ${locked.join(', ')} are locked by somebody: end that, and repair again.`
  return invoices === 0 ? held : `${done} ${held}`
}
