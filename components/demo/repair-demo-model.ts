import { plural } from '@/lib/format'

/** The tenants of the run's failures that the demo's repair would help; in the order of the failures. */
export const repairable = (failed: readonly string[], broken: readonly string[]): readonly string[] => {
  const known = new Set(broken)
  return failed.filter((slug) => known.has(slug))
}

export const repairedSentence = (invoices: number, tenants: number): string =>
  invoices === 0
    ? 'There was nothing left to put right.'
    : `${plural(invoices, 'invoice')} of ${plural(tenants, 'tenant')} ${invoices === 1 ? 'is' : 'are'} put right.`
