import { z } from 'zod'
import { readSession } from '@/lib/server/auth'
import { eventStream } from '@/lib/server/event-stream'
import { query } from '@/lib/server/query'
import { may } from '@/lib/tenancy/contract'

const permission = 'fleet.read'

/** What changed in the fleet, as it happens. Its first message is the state as it is, so that somebody who comes back has missed nothing. */
export const GET = query({ name: 'fleet.events', permission, input: z.object({}) }, ({ request, tenancy }) =>
  eventStream(request, {
    subscribe: (sink) => tenancy.events.fleet((event) => sink.send(event.revision, event)),
    mayGoOn: async () => {
      const session = await readSession(request.headers)
      return session !== null && may(session.person.role, permission)
    },
  }),
)
