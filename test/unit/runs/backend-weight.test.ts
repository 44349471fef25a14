import { expect, it } from 'vitest'
import { BackendWeight } from '../../../lib/tenancy/runs/conduct/backend-weight.ts'
import { conductLimits } from '../../../lib/tenancy/runs/conduct/limits.ts'
import type { FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'

const MB = 2 ** 20
const limits = { ...conductLimits, backendBytes: 80 * MB, recycleAfter: 200 }

/** A backend that grows with the targets it touches, as told; and when it was asked. */
const backend = (bytesAt: (touched: number) => number | null) => {
  const asked: number[] = []
  const connection: FleetConnection = {
    pid: 1,
    dead: false,
    touched: 0,
    flight: () => {
      asked.push(connection.touched)
      return Promise.resolve([{ ok: true, rows: [{ bytes: bytesAt(connection.touched)?.toFixed(0) ?? null }], command: 'SELECT', count: 1 }])
    },
    query: () => Promise.reject(new Error('nobody queries')),
    terminate: () => Promise.resolve(false),
    close: () => Promise.resolve(),
  }
  return { connection, asked }
}

/** @returns the targets after which it is replaced; null: not within so many */
const replacedAt = async (connection: FleetConnection, most: number, runAt: (touched: number) => number = () => 1): Promise<number | null> => {
  const weight = new BackendWeight(limits)
  for (connection.touched = 1; connection.touched <= most; connection.touched += 1)
    if (await weight.isTooHeavy(connection, runAt(connection.touched))) return connection.touched
  return null
}

it('far from its bound a backend is asked rarely, near to it every twenty targets', async () => {
  const light = backend((touched) => 2 * MB + touched * 30_000)
  expect(await replacedAt(light.connection, 500)).toBeNull()
  expect(light.asked.slice(0, 3)).toEqual([20, 70, 120])
  const heavy = backend((touched) => 2 * MB + touched * 1.5 * MB)
  expect(await replacedAt(heavy.connection, 500)).toBe(60)
  expect(heavy.asked).toEqual([20, 40, 60])
})

it('a backend that suddenly grows faster is found before it is far beyond its bound', async () => {
  const bytesAt = (touched: number): number => 2 * MB + Math.min(touched, 300) * 30_000 + Math.max(0, touched - 300) * 0.42 * MB
  const { connection } = backend(bytesAt)
  const at = await replacedAt(connection, 1_000)
  expect(bytesAt(at ?? 1_000) / MB).toBeLessThan(90)
})

it('another run on the same backend is another growth', async () => {
  const bytesAt = (touched: number): number => 2 * MB + Math.min(touched, 120) * 30_000 + Math.max(0, touched - 120) * 2 * MB
  const { connection, asked } = backend(bytesAt)
  const at = await replacedAt(connection, 1_000, (touched) => (touched <= 120 ? 1 : 2))
  expect(asked).toContain(140)
  expect(bytesAt(at ?? 1_000) / MB).toBeLessThan(80 + 2 * 20)
})

it('one whose size is not told is replaced by the number of its targets, however light it is', async () => {
  const { connection, asked } = backend(() => null)
  expect(await replacedAt(connection, 500)).toBe(200)
  expect(asked).toEqual([20])
})
