/** The address that the nearest proxy, or Next itself, saw the request come from; what a client claims before it is not believed. */
export const clientOf = (headers: Headers): string | null =>
  headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() || null
