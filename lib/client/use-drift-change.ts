import { useQueryClient } from '@tanstack/react-query'
import { driftKeys, fleetKeys, tenantKeys } from './keys'

/** After a decision about differences: everything that says which targets have drifted is read again. */
export const useDriftChange = (): (() => void) => {
  const client = useQueryClient()
  return () => {
    for (const queryKey of [driftKeys.all, fleetKeys.all, tenantKeys.all]) void client.invalidateQueries({ queryKey })
  }
}
