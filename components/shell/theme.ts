/** The chosen theme lives in a cookie, so that the server draws the right one at once and nothing flashes; without one the system decides. */
export const themeCookie = 'tenantry-theme'
export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

export const parseTheme = (value: string | undefined): Theme => themes.find((theme) => theme === value) ?? 'system'
