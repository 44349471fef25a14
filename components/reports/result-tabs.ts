/** Parts of a report's page, by the name in its address. */
export const resultTabs = ['rows', 'chart', 'combine', 'query'] as const
export type ResultTab = (typeof resultTabs)[number]
export const readTab = (text: string | null): ResultTab => resultTabs.find((tab) => tab === text) ?? 'rows'
