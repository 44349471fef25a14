import { GeistMono } from 'geist/font/mono'
import { GeistSans } from 'geist/font/sans'
import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import { Shell } from '@/components/shell/shell'
import { parseTheme, themeCookie } from '@/components/shell/theme'
import { getAsker } from '@/lib/server/asker'
import { signOut } from './account/actions'
import { Providers } from './providers'
import './globals.css'

export const metadata: Metadata = {
  title: { default: 'Fleet · Tenantry', template: '%s · Tenantry' },
  description: 'The fleet’s migration versions, rollouts and tenants.',
}

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fafafa' },
    { media: '(prefers-color-scheme: dark)', color: '#0f1014' },
  ],
}

export default async function RootLayout({ children }: { readonly children: React.ReactNode }) {
  const [asker, jar] = await Promise.all([getAsker(), cookies()])
  const theme = parseTheme(jar.get(themeCookie)?.value)
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme} className={`${GeistSans.variable} ${GeistMono.variable}`}>
      <body>
        <Providers>
          {asker ? (
            <Shell person={{ email: asker.person.email, name: asker.person.name, role: asker.person.role }} signOut={signOut}>
              {children}
            </Shell>
          ) : (
            <main id="content" className="min-h-full">
              {children}
            </main>
          )}
        </Providers>
      </body>
    </html>
  )
}
