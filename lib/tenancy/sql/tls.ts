/** What `sslmode` means, for both drivers and for every address: the control database's and the fleet's. */
import { isIP, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'

/** libpq's words, and `no-verify`, which other tools have for `require`. */
const meanings = {
  disable: 'never',
  allow: 'offered',
  prefer: 'offered',
  require: 'unchecked',
  'no-verify': 'unchecked',
  'verify-full': 'checked',
} as const
export type SslMode = keyof typeof meanings

/**
 * - `never`: in clear.
 * - `offered`: TLS where the server has it, else in clear; no certificate is looked at.
 * - `unchecked`: TLS or nothing; no certificate is looked at.
 * - `checked`: TLS with a certificate that an authority known here gave to just this host, or nothing.
 */
export type Tls = (typeof meanings)[SslMode]

export const sslModes = Object.keys(meanings)
export const isSslMode = (text: string): text is SslMode => Object.hasOwn(meanings, text)

/** Nothing listens between a machine and itself. */
const isLoopback = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

export const tlsOf = (mode: SslMode | null, host: string): Tls => (mode !== null ? meanings[mode] : isLoopback(host) ? 'never' : 'offered')

export type PostgresJsTls = { readonly ssl: false | 'prefer' | 'require' | { readonly rejectUnauthorized: true; readonly host: string } }

/** Named by its host, an address that is a number is checked as well. */
export const tlsForPostgresJs = (tls: Tls, host: string): PostgresJsTls => {
  switch (tls) {
    case 'never':
      return { ssl: false }
    case 'offered':
      return { ssl: 'prefer' }
    case 'unchecked':
      return { ssl: 'require' }
    case 'checked':
      return { ssl: { rejectUnauthorized: true, host } }
  }
}

export type PgTls = { readonly ssl: false | { readonly rejectUnauthorized: boolean }; readonly stream?: () => Duplex }

/** Its own reading of `sslmode` is another one with each release, and none of them is `prefer`. */
export const tlsForPg = (tls: Tls): PgTls => {
  switch (tls) {
    case 'never':
      return { ssl: false }
    case 'offered':
      return { ssl: false, stream: () => new OfferedTls() }
    case 'unchecked':
      return { ssl: { rejectUnauthorized: false } }
    case 'checked':
      return { ssl: { rejectUnauthorized: true } }
  }
}

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const answers = { offered: 'S'.charCodeAt(0), refused: 'N'.charCodeAt(0) } as const

/** A socket that asks the server for TLS before it calls itself connected, and does without where there is none. */
class OfferedTls extends Duplex {
  #inner = new Socket()

  connect(port: number, host: string): this {
    const raw = this.#inner
    const failed = (error: Error): void => void this.destroy(error)
    const closed = (): void => void this.destroy()
    raw.once('error', failed).once('close', closed)
    raw.once('connect', () => raw.write(sslRequest))
    raw.once('data', (answer) => {
      raw.off('error', failed).off('close', closed).pause()
      // Whatever comes with the answer came from somebody in between.
      if (answer.length === 1 && answer[0] === answers.refused) this.#take(raw)
      else if (answer.length === 1 && answer[0] === answers.offered) this.#encrypt(raw, host)
      else this.destroy(Object.assign(new Error('the server did not say whether it takes TLS'), { code: 'ECONNRESET' }))
    })
    raw.connect(port, host)
    return this
  }

  #encrypt(raw: Socket, host: string): void {
    // Hosted databases are told apart by it; an address that is a number may not be one.
    const servername = isIP(host) === 0 ? host : undefined
    const secure = connectTls({ socket: raw, rejectUnauthorized: false, servername })
    const failed = (error: Error): void => void this.destroy(error)
    this.#inner = secure
    secure.once('error', failed)
    secure.once('secureConnect', () => {
      secure.off('error', failed)
      this.#take(secure)
    })
  }

  #take(inner: Socket): void {
    inner.on('data', (chunk) => {
      if (!this.push(chunk)) inner.pause()
    })
    inner.once('end', () => this.push(null))
    inner.once('error', (error) => this.destroy(error))
    inner.once('close', () => this.destroy())
    this.emit('connect')
    inner.resume()
  }

  override _read(): void {
    this.#inner.resume()
  }
  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#inner.write(chunk, encoding, done)
  }
  override _final(done: () => void): void {
    this.#inner.end(done)
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner.destroy()
    done(error)
  }

  setNoDelay(isOn: boolean): this {
    this.#inner.setNoDelay(isOn)
    return this
  }
  setKeepAlive(isOn: boolean, delayMs?: number): this {
    this.#inner.setKeepAlive(isOn, delayMs)
    return this
  }
  ref(): this {
    this.#inner.ref()
    return this
  }
  unref(): this {
    this.#inner.unref()
    return this
  }
}

const askTlsMs = 1_000

/** Asks the server alone whether it has TLS, on a connection of its own that goes no further; null when it gives no answer in time. */
const offersTls = (host: string, port: number): Promise<boolean | null> =>
  new Promise((resolve) => {
    const socket = new Socket()
    const settle = (answer: boolean | null): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(askTlsMs, () => settle(null))
    socket.once('error', () => settle(null)).once('close', () => settle(null))
    socket.once('connect', () => socket.write(sslRequest))
    socket.once('data', (answer) => settle(answer[0] === answers.offered ? true : answer[0] === answers.refused ? false : null))
    socket.connect(port, host)
  })

/** Whether the server is there and has no TLS, where nothing else would do. */
export const refusesTls = async (mode: SslMode | null, host: string, port: number): Promise<boolean> => {
  const tls = tlsOf(mode, host)
  return (tls === 'unchecked' || tls === 'checked') && (await offersTls(host, port)) === false
}
