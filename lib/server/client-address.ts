import { clientHeader } from '@/lib/client-address'

/** The address that the request came from, as the server saw it. */
export const clientOf = (headers: Headers): string | null => headers.get(clientHeader)
