/** The control plane's own database, compared like any other: its migrations replayed and rolled back, against its schema as it is. */
import type { ControlDrift } from '../contract/drift.ts'
import { controlSchema } from '../control/db.ts'
import { prefixDigests } from '../migrations/digest.ts'
import { readTarget } from '../migrations/history.ts'
import { loadSet } from '../migrations/load-set.ts'
import { positionOnTrack } from '../migrations/track.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { readPlaceFacts } from '../session/place-facts.ts'
import { compareStructures } from './compare/compare-structures.ts'
import { replay } from './replay.ts'
import { problemSentence } from './shapes/problem-sentence.ts'
import { readStructures } from './snapshot/read-structures.ts'

const applicationName = 'tenantry:control-drift'
const unknown = (problem: string): ControlDrift => ({ state: 'unknown', findings: [], problem })

const compare = async (connection: FleetConnection, directory: string): Promise<ControlDrift> => {
  const { migrations } = await loadSet(directory)
  const digests = prefixDigests(migrations)
  const track = migrations.map((migration, index) => ({ ...migration, prefixDigest: digests[index] ?? '' }))
  const history = (await readTarget(connection, controlSchema))?.history ?? null
  const count = history && positionOnTrack(track, history.digest)
  if (count === null) return unknown('Its history is not one of this release, so there is nothing to compare it with.')
  const { serverVersion } = await readPlaceFacts(connection)
  const { structures, problem } = await replay(connection, {
    migrations: track.slice(0, count),
    at: [count],
    extensionSchemas: [],
    installation: 'control',
    applicationName,
    serverVersion,
    isTenant: false,
  })
  const norm = structures.get(count)
  if (!norm) return unknown(problem ? problemSentence(problem) : 'Its migrations could not be replayed.')
  const seen = (await readStructures(connection, [{ schema: controlSchema, role: null }], serverVersion)).get(controlSchema)
  if (!seen) return unknown('Its schema could not be read.')
  const findings = compareStructures(norm, seen, [])
  return { state: findings.length === 0 ? 'norm' : 'drifted', findings, problem: null }
}

/**
 * @param url of the control database
 * @param directory of its migrations
 * @throws the server's errors
 */
export const controlDrift = async (url: string, directory: string): Promise<ControlDrift> => {
  const connection = await connectFleet(url, { applicationName })
  try {
    return await compare(connection, directory)
  } finally {
    await connection.close()
  }
}
