import { QueryClient, isServer } from '@tanstack/react-query'
import { RefusedError } from './fetch-json'

const make = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // What the server has just drawn is not fetched again at once; the event stream says when it is out of date.
        staleTime: 30_000,
        // A refusal stays a refusal; only a missing answer is worth another try.
        retry: (failures, error) => !(error instanceof RefusedError) && failures < 2,
        refetchOnWindowFocus: false,
      },
    },
  })

let inBrowser: QueryClient | undefined

/** A new client for each request on the server, so that nobody sees another's data; one for the page's life in the browser. */
export const getQueryClient = (): QueryClient => (isServer ? make() : (inBrowser ??= make()))
