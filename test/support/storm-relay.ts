/** Stands between Tenantry and a PostgreSQL server as a bad network does: it cuts, resets, stalls and delays at random bytes, the same ones for the same seed. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { random } from './random.ts'

/** `drop`: both ends see an end of file · `reset`: both see a reset · `stall`: nothing for up to three seconds · `delay`: 2 to 60 ms · `mute`: nothing ever again. */
export type Fault = 'drop' | 'reset' | 'stall' | 'delay' | 'mute'

export type Storm = {
  readonly faults: readonly Fault[]
  /** Bytes between two faults of one direction of one connection, in the mean. */
  readonly everyBytes: number
}

export type StormRelay = {
  /** The connection string with this relay's address in place of the server's. */
  urlOf(direct: string): string
  /** From now on, for connections that there are as well. */
  storm(storm: Storm): void
  /** No more faults. What was muted stays so: nobody tells a dead peer from a slow one. */
  calm(): void
  /** As if a firewall swallowed every packet, until `pass()`. */
  swallow(): void
  pass(): void
  readonly counts: Readonly<Record<Fault, number>>
  close(): Promise<void>
}

const longestStallMs = 3_000
const delayMs = (share: number): number => 2 + share * 58

type Pair = { readonly near: Socket; readonly far: Socket }

class Relay {
  readonly counts: Record<Fault, number> = { drop: 0, reset: 0, stall: 0, delay: 0, mute: 0 }
  readonly #next: () => number
  readonly sockets = new Set<Socket>()
  #storm: Storm | null = null
  #swallowing: Promise<void> | null = null
  #endSwallowing = (): void => {}

  constructor(seed: number) {
    this.#next = random(seed)
  }

  set storm(storm: Storm | null) {
    this.#storm = storm
  }

  swallow(): void {
    this.#swallowing ??= new Promise((resolve) => {
      this.#endSwallowing = resolve
    })
  }

  pass(): void {
    this.#swallowing = null
    this.#endSwallowing()
  }

  #keep(socket: Socket): void {
    this.sockets.add(socket)
    socket.setNoDelay(true)
    socket.once('close', () => this.sockets.delete(socket))
    // Lost connections are what this is for.
    socket.on('error', () => socket.destroy())
  }

  take(near: Socket, port: number): void {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.#keep(near)
    this.#keep(far)
    this.#pump({ near, far }, near, far)
    this.#pump({ near, far }, far, near)
  }

  #distance(): number {
    return this.#storm ? Math.max(1, Math.round(-Math.log(1 - this.#next()) * this.#storm.everyBytes)) : Number.POSITIVE_INFINITY
  }

  /** @returns false when nothing more goes through */
  async #strike(pair: Pair): Promise<boolean> {
    const faults = this.#storm?.faults ?? []
    const fault = faults[Math.floor(this.#next() * faults.length)]
    if (fault === undefined) return true
    this.counts[fault] += 1
    if (fault === 'stall') await sleep(this.#next() * longestStallMs)
    else if (fault === 'delay') await sleep(delayMs(this.#next()))
    else if (fault === 'mute') await new Promise<void>((resolve) => pair.near.once('close', resolve))
    else
      for (const socket of [pair.near, pair.far]) {
        if (fault === 'reset') socket.resetAndDestroy()
        else socket.destroy()
      }
    return fault === 'stall' || fault === 'delay'
  }

  #pump(pair: Pair, from: Socket, to: Socket): void {
    let left = this.#distance()
    const write = (bytes: Buffer): void => {
      if (bytes.length > 0 && !to.destroyed) to.write(bytes)
    }
    const carry = async (chunk: Buffer): Promise<void> => {
      if (this.#swallowing) await this.#swallowing
      if (!this.#storm) return write(chunk)
      if (left === Number.POSITIVE_INFINITY) left = this.#distance()
      let rest = chunk
      for (; rest.length >= left; left = this.#distance()) {
        write(rest.subarray(0, left))
        rest = rest.subarray(left)
        if (!(await this.#strike(pair))) return
      }
      left -= rest.length
      write(rest)
    }
    let carried = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      from.pause()
      carried = carried.then(() => carry(chunk)).then(() => void from.resume())
    })
    from.once('end', () => void carried.then(() => to.end()))
    from.once('close', () => void carried.then(() => to.destroySoon()))
  }
}

/** @param port of the server on this machine */
export const openStormRelay = async (port: number, seed: number): Promise<StormRelay> => {
  const relay = new Relay(seed)
  const server = createServer({ allowHalfOpen: true }, (near) => relay.take(near, port))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const own = (server.address() as AddressInfo).port
  return {
    urlOf: (direct) => {
      const url = new URL(direct)
      url.hostname = '127.0.0.1'
      url.port = String(own)
      return url.href
    },
    storm: (storm) => {
      relay.storm = storm
    },
    calm: () => {
      relay.storm = null
    },
    swallow: () => relay.swallow(),
    pass: () => relay.pass(),
    counts: relay.counts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        relay.pass()
        for (const socket of relay.sockets) socket.destroy()
      }),
  }
}
