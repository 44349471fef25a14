/**
 * Raised with every change of what snapshots, traces or comparisons say: what was stored under an older number is made anew, so that no release measures by
 * what another one saw.
 */
export const driftFormat = 2

export const majorOf = (serverVersion: number): number => Math.floor(serverVersion / 10_000)
