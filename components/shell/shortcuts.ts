/** What the help shows. The keys themselves are handled where their list or page lives. */
export const shortcutGroups: ReadonlyArray<{ readonly title: string; readonly keys: ReadonlyArray<readonly [keys: readonly string[], what: string]> }> = [
  {
    title: 'Everywhere',
    keys: [
      [['⌘', 'K'], 'jump to a tenant, run, page or action (Ctrl K)'],
      [['g', 'f'], 'fleet'],
      [['g', 't'], 'tenants'],
      [['g', 'm'], 'migrations'],
      [['g', 'r'], 'runs'],
      [['g', 's'], 'drift: shapes'],
      [['g', 'e'], 'reports'],
      [['g', 'd'], 'databases'],
      [['g', 'p'], 'people'],
      [['g', 'a'], 'audit'],
      [['/'], 'search the list on the page'],
      [['?'], 'this help'],
    ],
  },
  {
    title: 'In a list',
    keys: [
      [['j'], 'next row (or ↓)'],
      [['k'], 'row before (or ↑)'],
      [['x'], 'select the row (with Shift: up to it)'],
      [['Enter'], 'open the row'],
      [['Esc'], 'clear the selection'],
    ],
  },
  {
    title: 'On a run',
    keys: [
      [['f'], 'next failed target on the map (Enter opens it)'],
      [['j', 'k'], 'target after or before, while one is open'],
    ],
  },
  {
    title: 'On the fleet map',
    keys: [
      [['←', '→'], 'cell by cell (with ↑ ↓: line by line)'],
      [['Enter'], 'open the tenant'],
    ],
  },
]
