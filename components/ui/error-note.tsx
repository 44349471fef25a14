import type { ErrorDocument } from '@/lib/tenancy/contract'
import { ErrorState } from './error-state'

/** The refusal of a command, beside what was asked for: what happened and what to do next. */
export function ErrorNote({ error }: { readonly error: ErrorDocument | null }) {
  return error ? <ErrorState compact title={error.message} hint={error.hint} /> : null
}
