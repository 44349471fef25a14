/** Readers of the event streams as browsers are, without the browsers. */
import { readFileSync } from 'node:fs'
import { get, Agent } from 'node:http'

const ticksPerSecond = 100

/** Seconds of CPU that a process has used since it began; 0 where the system has no /proc. */
export const cpuSeconds = (pid: number): number => {
  if (process.platform !== 'linux') return 0
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  // utime and stime, counted from the state that follows the name.
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

export type Watcher = { messages(): number; bytes(): number; close(): void }

/** Resolves with the first bytes. */
const openStream = (url: string, cookie: string, agent: Agent, onChunk: (chunk: Buffer) => void): Promise<() => void> =>
  new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { cookie, accept: 'text/event-stream' } }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`${url} answers ${response.statusCode}`))
      response.on('data', onChunk)
      response.on('error', () => undefined)
      response.once('data', () => resolve(() => request.destroy()))
    })
    request.on('error', reject)
  })

/** Reads what a page in front of a run reads by itself: both streams, and as often as the page does, the rows in sight. */
export const openWatcher = async (address: string, cookie: string, run: number, rows: { readonly everyMs: number } | null): Promise<Watcher> => {
  const agent = new Agent({ keepAlive: true })
  let messages = 0
  let bytes = 0
  const count = (chunk: Buffer): void => {
    bytes += chunk.length
    messages += chunk.toString('latin1').split('\ndata: ').length - 1
  }
  const streams = await Promise.all(
    ['/api/fleet/events', `/api/runs/${run}/events?after=0`].map((path) => openStream(`${address}${path}`, cookie, agent, count)),
  )
  const read = (): void => {
    const items = `${address}/api/runs/${run}/items?sort=position&descending=false&offset=0&limit=100`
    get(items, { agent, headers: { cookie } }, (response) => response.on('data', (chunk: Buffer) => (bytes += chunk.length))).on('error', () => undefined)
  }
  const timer = rows === null ? undefined : setInterval(read, rows.everyMs)
  return {
    messages: () => messages,
    bytes: () => bytes,
    close() {
      clearInterval(timer)
      for (const close of streams) close()
      agent.destroy()
    },
  }
}
