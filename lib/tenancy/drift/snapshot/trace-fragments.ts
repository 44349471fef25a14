/** How a trace tells what has another number in each database, or another name for each tenant. */

/** Numbers below are PostgreSQL's own, the same on all servers of a major version (FirstUnpinnedObjectId). */
export const firstOther = 12_000

export const numberOrName = (oid: string, type: string): string => `CASE WHEN ${oid} < ${firstOther} THEN ${oid}::text ELSE ${oid}::${type}::text END`

/** The tenant's role before the owner, as in a snapshot. */
export const roleMark = (oid: string): string =>
  `CASE ${oid} WHEN 0 THEN 'p' WHEN here.role_oid THEN 't' WHEN here.nspowner THEN 'o' ELSE 'n' || pg_get_userbyid(${oid}) END`

/** Columns of `here` that `privilegeMarks` looks for. No name that is written without quotes holds a control character. */
export const aclMarks = `
    coalesce(',' || p.role || '=', E'\\x03') AS role_grantee, coalesce('/' || p.role || ',', E'\\x03') AS role_grantor,
    ',' || pg_get_userbyid(n.nspowner) || '=' AS owner_grantee, '/' || pg_get_userbyid(n.nspowner) || ',' AS owner_grantor`

const replaced = (text: string): string =>
  [
    ['role_grantee', ',\\x01='],
    ['role_grantor', '/\\x01,'],
    ['owner_grantee', ',\\x02='],
    ['owner_grantor', '/\\x02,'],
  ].reduce((inner, [mark, by]) => `replace(${inner}, here.${mark}, E'${by}')`, text)

/**
 * PostgreSQL writes `grantee=letters/grantor`. Where nothing stands in quotes no name holds a comma, an equals sign or a slash, so that these tell where a name begins
 * and ends; else each privilege is looked up, which takes longer.
 */
export const privilegeMarks = (acl: string): string => `CASE WHEN ${acl} IS NULL THEN NULL
    WHEN strpos(${acl}::text, '"') = 0 THEN ${replaced(`',' || btrim(${acl}::text, '{}') || ','`)}
    ELSE (SELECT array_agg(x.mark ORDER BY x.mark)::text FROM (SELECT ROW(${roleMark('g.grantee')}, g.privilege_type, g.is_grantable)::text AS mark FROM aclexplode(${acl}) g) x) END`

/** Names of a search_path that a function was made with; the schema's own is NULL. */
const pathMarks = (setting: string): string => `(SELECT array_agg(NULLIF(t.name, here.nspname) ORDER BY t.place)::text FROM (
      SELECT m.place, coalesce(replace(m.found[1], '""', '"'), lower(m.found[2])) AS name
      FROM regexp_matches(substr(${setting}, length('search_path=') + 1), '"((?:[^"]|"")*)"|([^",\\s]+)', 'g') WITH ORDINALITY AS m(found, place)) t)`

export const settingMarks = (settings: string): string =>
  `CASE WHEN ${settings} IS NOT NULL THEN (SELECT array_agg(ROW(left(s, 12) = 'search_path=', CASE WHEN left(s, 12) = 'search_path=' THEN ${pathMarks('s')} ELSE s END)::text ORDER BY s) FROM unnest(${settings}) AS s) END`
