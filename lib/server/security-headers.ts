export type SecurityOptions = {
  /** Fresh for each answer, base64. */
  readonly nonce: string
  readonly isHttps: boolean
  readonly isDevelopment: boolean
}

/** Content-Security-Policy of every page. Scripts run only with the answer's nonce, or when loaded by one that has it. */
export const contentSecurityPolicy = ({ nonce, isHttps, isDevelopment }: SecurityOptions): string =>
  [
    `default-src 'self'`,
    // React in development mode evaluates code to rebuild stacks of the server; in production nothing does.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? ` 'unsafe-eval'` : ''}`,
    // Styles alone may be inline: server-rendered style attributes (positions of virtual rows, widths of bars) cannot carry a nonce,
    // and CodeMirror, Radix and Sonner put style elements of their own into the page.
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data: blob:`,
    `font-src 'self'`,
    `connect-src 'self'${isDevelopment ? ' ws:' : ''}`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-src 'none'`,
    `frame-ancestors 'none'`,
    ...(isHttps ? ['upgrade-insecure-requests'] : []),
  ].join('; ')

export const securityHeaders = (options: SecurityOptions): ReadonlyArray<readonly [name: string, value: string]> => [
  ['Content-Security-Policy', contentSecurityPolicy(options)],
  ['Referrer-Policy', 'same-origin'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
  ...(options.isHttps ? [['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'] as const] : []),
]
