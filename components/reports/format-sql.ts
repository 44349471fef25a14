/** Loaded when somebody asks for it. Null for what the formatter cannot read; the text stays as it is then. */
export const formatSql = async (sql: string): Promise<string | null> => {
  const { formatDialect, postgresql } = await import('sql-formatter')
  try {
    return formatDialect(sql, { dialect: postgresql, keywordCase: 'lower', paramTypes: { custom: [{ regex: ':[a-zA-Z_][a-zA-Z0-9_]*' }] } })
  } catch {
    return null
  }
}
