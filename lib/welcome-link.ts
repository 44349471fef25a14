/** Where a one-time link leads: the page that takes a password for it. */
export const welcomeLink = (address: string, token: string): string => `${address}/welcome?token=${token}`
