/** Stands in for `next/headers` in tests that call actions, handlers and pages as functions: the request is what a test says it is. */
const current = { headers: new Headers() }

export const ownHost = 'console.test:3000'

/** Headers of a request from the console's own page, with a session's cookie or without. */
export const ownRequest = (cookie: string | null, change: Readonly<Record<string, string>> = {}): Headers =>
  new Headers({ host: ownHost, origin: `http://${ownHost}`, ...(cookie === null ? {} : { cookie }), ...change })

export const comeFrom = (headers: Headers): void => {
  current.headers = headers
}

export const headers = async (): Promise<Headers> => current.headers

export const cookies = async (): Promise<{ get(name: string): { value: string } | undefined }> => ({
  get: (name) => {
    const found = (current.headers.get('cookie') ?? '').split('; ').find((pair) => pair.startsWith(`${name}=`))
    return found === undefined ? undefined : { value: found.slice(name.length + 1) }
  },
})
