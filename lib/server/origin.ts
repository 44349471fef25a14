/**
 * Whether a mutating request comes from the console's own pages.
 * A browser sends Origin with every POST and no page can forge it; a request without one is refused.
 * @param publicUrl TENANTRY_URL when it is given; the address of the request itself is always accepted
 */
export const isOwnOrigin = (headers: Headers, publicUrl: string | null): boolean => {
  const origin = headers.get('origin')
  if (!origin || !URL.canParse(origin)) return false
  const sender = new URL(origin)
  if (publicUrl && URL.canParse(publicUrl) && new URL(publicUrl).origin === sender.origin) return true
  return sender.host === headers.get('host')
}
