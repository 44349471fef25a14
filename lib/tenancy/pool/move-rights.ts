/** Rights of a pool schema's role go to a role that is there already. What has rights beyond these keeps its role from being dropped, and so from being claimed. */
import { quoteIdent, quoteLiteral } from '../sql/ident.ts'

/** By the catalog's own list of what a role has rights on: no look at the whole of any catalog. */
const rightsOf = (role: string): string => `
    SELECT a.privilege_type AS what, CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || c.oid::regclass AS which, a.is_grantable AS further
    FROM pg_shdepend d JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid CROSS JOIN LATERAL aclexplode(c.relacl) a
    WHERE d.dbid = here AND d.refclassid = 'pg_authid'::regclass AND d.refobjid = ${role} AND a.grantee = ${role} AND d.objsubid = 0
    UNION ALL
    SELECT a.privilege_type, 'ROUTINE ' || p.oid::regprocedure, a.is_grantable
    FROM pg_shdepend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid CROSS JOIN LATERAL aclexplode(p.proacl) a
    WHERE d.dbid = here AND d.refclassid = 'pg_authid'::regclass AND d.refobjid = ${role} AND a.grantee = ${role}
    UNION ALL
    SELECT a.privilege_type, 'SCHEMA ' || n.oid::regnamespace, a.is_grantable
    FROM pg_shdepend d JOIN pg_namespace n ON d.classid = 'pg_namespace'::regclass AND n.oid = d.objid CROSS JOIN LATERAL aclexplode(n.nspacl) a
    WHERE d.dbid = here AND d.refclassid = 'pg_authid'::regclass AND d.refobjid = ${role} AND a.grantee = ${role}`

const futureRightsOf = (role: string): string => `
    SELECT a.privilege_type AS what, CASE f.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' END AS which,
      f.defaclnamespace::regnamespace AS place, a.is_grantable AS further
    FROM pg_shdepend d JOIN pg_default_acl f ON d.classid = 'pg_default_acl'::regclass AND f.oid = d.objid CROSS JOIN LATERAL aclexplode(f.defaclacl) a
    WHERE d.dbid = here AND d.refclassid = 'pg_authid'::regclass AND d.refobjid = ${role} AND a.grantee = ${role}`

/** Messages inside the claim's transaction. */
export const moveRights = (from: string, to: string): string[] => {
  const role = `${quoteLiteral(from)}::regrole`
  return [
    `DO ${quoteLiteral(`DECLARE
  here oid := (SELECT oid FROM pg_database WHERE datname = current_database());
  one record;
BEGIN
  FOR one IN ${rightsOf(role)}
  LOOP
    EXECUTE format('GRANT %s ON %s TO %I%s', one.what, one.which, ${quoteLiteral(to)}, CASE WHEN one.further THEN ' WITH GRANT OPTION' ELSE '' END);
    EXECUTE format('REVOKE %s ON %s FROM %I', one.what, one.which, ${quoteLiteral(from)});
  END LOOP;
  FOR one IN ${futureRightsOf(role)}
  LOOP
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT %s ON %s TO %I%s', one.place, one.what, one.which, ${quoteLiteral(to)}, CASE WHEN one.further THEN ' WITH GRANT OPTION' ELSE '' END);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s REVOKE %s ON %s FROM %I', one.place, one.what, one.which, ${quoteLiteral(from)});
  END LOOP;
END`)}`,
    `DROP ROLE ${quoteIdent(from)}`,
  ]
}
