import { controlDatabase, keepPassword, readState, urlOf } from './files.ts'
import { findRunning } from './postmaster.ts'

/** Connection string of an embedded server that another process keeps running; null when none runs. Starts nothing. */
export const findEmbedded = (dataDir: string): string | null => {
  const state = readState(dataDir)
  if (!state) return null
  const running = findRunning(state.cluster)
  return running ? urlOf(running.port, keepPassword(dataDir), controlDatabase) : null
}
