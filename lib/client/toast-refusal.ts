import { toast } from 'sonner'
import type { ErrorDocument } from '@/lib/tenancy/contract'

/** A refusal where there is no room for it beside the button. */
export const toastRefusal = (error: ErrorDocument): void => {
  toast.error(error.message, { description: error.hint ?? undefined })
}
