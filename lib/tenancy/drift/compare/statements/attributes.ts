/** What is said of an object besides what it is: comment, owner, rights, storage. */
import type { FactValue, StructureObject } from '../../../contract/structure.ts'
import { changesOf, rightsIn, rightsOf, type Right } from '../grants.ts'
import { asList, listIn, textIn, valueOf } from '../inventory.ts'
import { nameOf, textOf } from '../names.ts'
import { quoteLiteral } from '../../../sql/ident.ts'
import { roleOf, thisSchema, write, type Piece, type Writing } from './roles.ts'
import { ofKind, targetOf, wordOf } from './targets.ts'

export const commentOn = (object: StructureObject, comment: FactValue, writing: Writing): string => {
  const text = comment === null ? 'NULL' : writing === 'read' ? textOf(String(comment)) : quoteLiteral(String(comment))
  return object.kind === 'schema' ? write(['COMMENT ON SCHEMA ', thisSchema, ` IS ${text}`], writing) : `COMMENT ON ${ofKind(object)} IS ${text}`
}

export const ownerOf = (object: StructureObject, owner: FactValue, writing: Writing): string => {
  const role = roleOf(owner === null ? 'owner' : String(owner))
  return write([...(object.kind === 'schema' ? ['ALTER SCHEMA ', thisSchema] : [`ALTER ${ofKind(object)}`]), ' OWNER TO ', role], writing)
}

/** Of columns the rights are those of their table, with their names behind each. */
const objectOfRights = (object: StructureObject): readonly Piece[] => {
  if (object.kind === 'schema') return ['SCHEMA ', thisSchema]
  if (object.kind === 'column') return [`TABLE ${nameOf(object.of)}`]
  if (object.kind === 'sequence') return [`SEQUENCE ${targetOf(object)}`]
  if (object.kind === 'function' || object.kind === 'procedure' || object.kind === 'aggregate') return [`ROUTINE ${targetOf(object).replace('(*)', '()')}`]
  return [object.kind === 'type' ? `${wordOf(object)} ${targetOf(object)}` : `TABLE ${targetOf(object)}`]
}

const privileges = (object: StructureObject, rights: readonly Right[]): string =>
  rights.map(({ privilege }) => (object.kind === 'column' ? `${privilege} (${nameOf(object.name)})` : privilege)).join(', ')

const takeAway = (object: StructureObject, rights: readonly Right[], role: Piece, writing: Writing): string[] =>
  rights.length === 0 ? [] : [write([`REVOKE ${privileges(object, rights)} ON `, ...objectOfRights(object), ' FROM ', role], writing)]

const give = (object: StructureObject, rights: readonly Right[], role: Piece, writing: Writing): string[] =>
  [false, true].flatMap((withOption) => {
    const some = rights.filter((right) => right.withOption === withOption)
    if (some.length === 0) return []
    return [write([`GRANT ${privileges(object, some)} ON `, ...objectOfRights(object), ' TO ', role, withOption ? ' WITH GRANT OPTION' : ''], writing)]
  })

/** From rights as they are to rights as they should be. null: as PostgreSQL gives them by itself. */
export const changeRights = (object: StructureObject, actual: FactValue, expected: FactValue, writing: Writing): string[] => {
  return changesOf(rightsIn(object, 'privileges', expected), rightsIn(object, 'privileges', actual)).flatMap(({ grantee, missing, extra }) => {
    // A right that is replaced by itself with another option is taken away first, and given again.
    return [...takeAway(object, extra, roleOf(grantee), writing), ...give(object, missing, roleOf(grantee), writing)]
  })
}

/** `tables made by owner: tenant: INSERT, SELECT`: what is granted on whatever is made in the schema from now on. */
export const changeDefaultRights = (actual: FactValue, expected: FactValue, writing: Writing): string[] =>
  changesOf(rightsOf(asList(expected)), rightsOf(asList(actual))).flatMap(({ grantee: subject, missing, extra }) => {
    const [, kind = '', maker = '', grantee = ''] = /^([a-z ]+) made by (.+): (.+)$/.exec(subject) ?? []
    const statement = (verb: string, rights: readonly Right[], word: string, tail = ''): string[] => {
      const what = ` ${verb} ${rights.map(({ privilege }) => privilege).join(', ')} ON ${kind.toUpperCase()} ${word} `
      return rights.length === 0
        ? []
        : [write(['ALTER DEFAULT PRIVILEGES FOR ROLE ', roleOf(maker), ' IN SCHEMA ', thisSchema, what, roleOf(grantee), tail], writing)]
    }
    const [plain, passed] = [missing.filter(({ withOption }) => !withOption), missing.filter(({ withOption }) => withOption)]
    return [...statement('REVOKE', extra, 'FROM'), ...statement('GRANT', plain, 'TO'), ...statement('GRANT', passed, 'TO', ' WITH GRANT OPTION')]
  })

/** `fillfactor=70`, from a list to another. */
export const changeOptions = (alter: string, actual: FactValue, expected: FactValue): string[] => {
  const name = (option: string): string => option.slice(0, option.indexOf('='))
  const [is, should] = [asList(actual), asList(expected)]
  const set = should.filter((option) => !is.includes(option))
  const reset = is.map(name).filter((option) => !should.map(name).includes(option))
  return [
    ...(reset.length > 0 ? [`${alter} RESET (${reset.join(', ')})`] : []),
    ...(set.length > 0 ? [`${alter} SET (${set.map(optionText).join(', ')})`] : []),
  ]
}
export const optionText = (option: string): string => {
  const at = option.indexOf('=')
  const value = option.slice(at + 1)
  return `${option.slice(0, at)}=${/^[\w.-]+$/.test(value) ? value : quoteLiteral(value)}`
}

/** Of a new object: rights, comment and owner, as far as they are not what it gets by itself. */
export const attributesOf = (object: StructureObject, writing: Writing): string[] => [
  ...(valueOf(object, 'privileges', 'grants') === null ? [] : changeRights(object, null, listIn(object, 'privileges', 'grants'), writing)),
  ...(textIn(object, 'comment', 'comments') === null ? [] : [commentOn(object, textIn(object, 'comment', 'comments'), writing)]),
  ...([null, 'owner'].includes(textIn(object, 'owner', 'owner')) ? [] : [ownerOf(object, textIn(object, 'owner', 'owner'), writing)]),
]
