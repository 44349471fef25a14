import { readSession } from '@/lib/server/auth'
import { eventStream, resumePoint } from '@/lib/server/event-stream'
import { query } from '@/lib/server/query'
import { isFinalRun, may, runInput } from '@/lib/tenancy/contract'

const permission = 'runs.read'

/** A run's changes as they happen; ends when the run is final. */
export const GET = query({ name: 'runs.events', permission, input: runInput }, async ({ input, request, tenancy }) => {
  // An unknown run is refused before a stream is opened.
  await tenancy.runs.get(input.run)
  return eventStream(request, {
    subscribe: (sink) =>
      tenancy.events.run(input.run, resumePoint(request), (event) => {
        sink.send(event.revision, event)
        if (isFinalRun(event.state)) sink.end()
      }),
    mayGoOn: async () => {
      const session = await readSession(request.headers)
      return session !== null && may(session.person.role, permission)
    },
  })
})
