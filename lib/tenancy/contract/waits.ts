/** What an open run waits for on a server that nobody drives, or that cannot be driven. */
export type RunWait =
  /** No worker is running anywhere. `since`: when the server was last driven, or the run was made. */
  | { readonly for: 'worker'; readonly server: string; readonly since: string }
  /** Workers are running, and none of them drives this server: the one that did is silent, or none has got to it. */
  | { readonly for: 'conductor'; readonly server: string; readonly since: string }
  /** The conductor cannot connect; `problem` is the driver's or the server's code, `database` null when it is the server as a whole. */
  | { readonly for: 'server'; readonly server: string; readonly database: string | null; readonly problem: string; readonly since: string }

/** For people, and what happens next; `since` is said beside it. */
export const describeWait = (wait: RunWait): string => {
  if (wait.for === 'worker') return 'Waits for a worker: none is running.'
  if (wait.for === 'conductor') return `Waits for a worker to take up server ${wait.server}.`
  const what = wait.database === null ? `Server ${wait.server}` : `Database ${wait.database} on ${wait.server}`
  return `${what} is out of reach (${wait.problem}) and tried again every few seconds.`
}
