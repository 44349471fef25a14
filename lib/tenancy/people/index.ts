import type { Tenancy } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { oneTimeLinks } from './links.ts'
import { changePeople, listPeople } from './people.ts'
import { personSessions } from './sessions.ts'
import { signInLimit } from './sign-in-limit.ts'

/** People, the links that let them in, and their sessions. */
export const createPeople = (library: Library): Tenancy['people'] => ({
  list: () => listPeople(library.control.db),
  ...changePeople(library),
  ...oneTimeLinks(library),
  ...personSessions(library),
  ...signInLimit(library),
})
