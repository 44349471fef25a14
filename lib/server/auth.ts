import 'server-only'
import { createHmac } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { isAPIError } from 'better-auth/api'
import { nextCookies } from 'better-auth/next-js'
import { findConnection } from '@/lib/connection'
import { env } from '@/lib/env'
import { roles, type Role } from '@/lib/tenancy/contract'
import { openControl, TenancyError } from '@/lib/tenancy'
import { clientOf } from './client-address'

const sessionSeconds = 7 * 24 * 3600

/** Column names of the control plane, where better-auth would use its own. */
const stamps = { createdAt: 'created_at', updatedAt: 'updated_at' } as const

/**
 * Sign-in by e-mail address and password; nobody can register themselves. Only called from this process: no route leads to it,
 * so that rate limit, origin check and audit stand before everything it does.
 */
const createAuth = () => {
  const { controlUrl, secret } = findConnection()
  const control = openControl(controlUrl, { max: 3, applicationName: 'tenantry:sign-in' })
  const { db } = control
  const auth = betterAuth({
    database: { db, type: 'postgres' },
    // A key of its own, so that what signs cookies never opens stored connection strings.
    secret: createHmac('sha256', secret).update('tenantry sessions').digest('base64'),
    baseURL: env.publicUrl ?? `http://localhost:${env.port ?? 3000}`,
    advanced: { cookiePrefix: 'tenantry', useSecureCookies: env.publicUrl?.startsWith('https:') ?? false },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 10, maxPasswordLength: 128 },
    rateLimit: { enabled: false },
    user: {
      modelName: 'person',
      fields: { emailVerified: 'email_verified', ...stamps },
      additionalFields: {
        role: { type: [...roles], required: true, input: false },
        disabledAt: { type: 'date', required: false, input: false, fieldName: 'disabled_at' },
      },
    },
    session: {
      modelName: 'auth_session',
      fields: {
        userId: 'person_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...stamps,
      },
      expiresIn: sessionSeconds,
      disableSessionRefresh: true,
    },
    account: {
      modelName: 'account',
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'person_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...stamps,
      },
    },
    verification: { modelName: 'verification', fields: { expiresAt: 'expires_at', ...stamps } },
    databaseHooks: {
      session: {
        create: {
          before: async (session, context) => {
            const person = await db.selectFrom('person').select('disabled_at').where('id', '=', session.userId).executeTakeFirst()
            return (
              person?.disabled_at === null && {
                data: { ...session, ipAddress: context?.headers ? clientOf(context.headers) : null },
              }
            )
          },
        },
      },
    },
    telemetry: { enabled: false },
    // It logs each wrong password as an error, with the address; the audit has those. What really fails is thrown.
    logger: { disabled: true },
    plugins: [nextCookies()],
  })
  return { auth, close: () => control.close() }
}

type Auth = ReturnType<typeof createAuth>['auth']

/** One for the process, so that pages, actions and handlers, compiled apart, share its connections. */
const key = Symbol.for('tenantry.auth')
const holder: typeof globalThis & { [key]?: ReturnType<typeof createAuth> } = globalThis

export const getAuth = (): Auth => (holder[key] ??= createAuth()).auth

/** Gives its connections back; the next call opens them again. */
export const closeAuth = async (): Promise<void> => {
  const open = holder[key]
  delete holder[key]
  await open?.close()
}

export type Session = {
  readonly id: string
  readonly person: { readonly id: string; readonly email: string; readonly name: string; readonly role: Role }
}

const findSession = async (headers: Headers) => {
  try {
    return await getAuth().api.getSession({ headers })
  } catch (error) {
    // better-auth keeps the driver's error to itself; what stands between it and a session is the control database.
    if (isAPIError(error) && error.statusCode >= 500) throw new TenancyError('control.unreachable', { problem: 'sessions cannot be read' }, error)
    throw error
  }
}

/**
 * The session of a request's cookie, with the role as the database has it now; null when there is none or the person is disabled.
 * Throws control.unreachable.
 */
export const readSession = async (headers: Headers): Promise<Session | null> => {
  const found = await findSession(headers)
  if (!found || found.user.disabledAt) return null
  const { id, email, name } = found.user
  const role = roles.find((known) => known === found.user.role)
  return role ? { id: found.session.id, person: { id, email, name, role } } : null
}
