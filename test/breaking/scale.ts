/** 1 for the full counts; a tenth tries the tests themselves out. */
const scale = 1

/** The count at this scale, at least `least`. */
export const scaled = (count: number, least = 1): number => Math.max(least, Math.round(count * scale))
