import { useEffect, type RefObject } from 'react'

/** The tenant before or after one in the list that is on the screen; null where there is none. */
export type Step = (slug: string, by: -1 | 1) => string | null
export type Stepper = RefObject<Step | null>

/** The neighbour in a list of slugs; the first for one that isn't in it. */
export const neighbour = (order: readonly string[], slug: string, by: -1 | 1): string | null => {
  const here = order.indexOf(slug)
  return order[here === -1 ? 0 : here + by] ?? null
}

/** While the list is on the screen, the open item steps through it and not through the whole run. */
export const useStepper = (stepperRef: Stepper, step: Step): void => {
  useEffect(() => {
    stepperRef.current = step
    return () => {
      stepperRef.current = null
    }
  }, [stepperRef, step])
}
