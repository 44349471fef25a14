/**
 * An address whose path Next can decode. A `%` that begins no escape, or escapes that are no UTF-8, would end as “Internal Server Error”;
 * taken as the letters that stand there, they are an address like any other, of which the pages say that nothing is there.
 */
export const readableAddress = (address: string): string => {
  const end = address.search(/[?#]/)
  const path = end === -1 ? address : address.slice(0, end)
  try {
    decodeURIComponent(path)
    return address
  } catch {
    return `${path.replaceAll('%', '%25')}${address.slice(path.length)}`
  }
}
