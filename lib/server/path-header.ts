/** Request header in which the proxy says path and query of the page; whatever a browser sends under it is overwritten. */
export const pathHeader = 'x-tenantry-path'

/** A path of this console to go on to after the sign-in; anything that could leave the site becomes the home page. */
export const ownPath = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])[^\s\\]*$/.test(next) && !next.startsWith('/sign-in') && !next.startsWith('/welcome') ? next : '/'
