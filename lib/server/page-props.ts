export type SearchParams = Readonly<Record<string, string | string[] | undefined>>

/** Props of a page without route params. */
export type SearchProps = { readonly searchParams: Promise<SearchParams> }

/** Next's search params as the web's own, so that pages and handlers read them by the same rules. */
export const toSearchParams = (params: SearchParams): URLSearchParams =>
  new URLSearchParams(Object.entries(params).flatMap(([key, value]) => [value ?? []].flat().map((text): [string, string] => [key, text])))
