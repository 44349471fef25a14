import type { RunEvent } from '../contract/events.ts'
import type { Library } from '../context.ts'
import type { Ears } from '../control/notify.ts'
import { openRunReader, type RunReader } from './run-reader.ts'

export type RunEvents = {
  /** First calls back with the run as it is, in full when `afterRevision` is null or too long ago. @throws run.unknown */
  subscribe(run: number, afterRevision: number | null, listener: (event: RunEvent) => void): Promise<() => void>
}

/** One reader a run, however many look; it stops when nobody does. */
export const createRunEvents = (library: Library, ears: Ears): RunEvents => {
  const readers = new Map<number, Promise<RunReader>>()

  const readerOf = async (run: number): Promise<RunReader> => {
    const opening = readers.get(run) ?? openRunReader(library, ears, run)
    readers.set(run, opening)
    try {
      return await opening
    } catch (error) {
      if (readers.get(run) === opening) readers.delete(run)
      throw error
    }
  }

  return {
    async subscribe(run, afterRevision, listener) {
      let reader = await readerOf(run)
      // Its last reader may have left while we waited for it.
      while (reader.isStopped()) reader = await readerOf(run)
      const opened = reader
      const leave = opened.join(afterRevision, listener)
      let gone = false
      return () => {
        if (gone) return
        gone = true
        if (leave().left > 0) return
        opened.stop()
        readers.delete(run)
      }
    },
  }
}
