/** The run that somebody means by "42", "#42" or "run 42"; null when they mean something else. */
export const runNumberIn = (text: string): number | null => {
  const match = /^(?:run\s*)?#?\s*(\d{1,15})$/i.exec(text.trim())
  return match?.[1] === undefined ? null : Number(match[1])
}
