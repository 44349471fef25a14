/** What acts on its own when a table is used: triggers, rules, policies. */
import { comment } from './catalog.ts'
import { roleName } from './names.ts'
import { flag, objectOf, part } from './part.ts'

const enabledStates: Readonly<Record<string, string>> = { D: 'disabled', R: 'replica', A: 'always' }

type ActingFact = {
  readonly of: string
  readonly name: string
  readonly definition: string
  readonly enabled: string
  readonly inherited?: boolean
  readonly comment: string | null
}

const acting = (kind: 'trigger' | 'rule', { of, name, definition, enabled, inherited, comment }: ActingFact) => ({
  objects: [
    objectOf(kind, of, name, {
      structure: { definition, enabled: enabledStates[enabled], inherited: flag(inherited === true) },
      comments: { comment },
    }),
  ],
})

const triggers = part<ActingFact>(
  'trigger',
  () => `SELECT json_build_object('of', rel.relname, 'name', g.tgname, 'definition', pg_get_triggerdef(g.oid, true), 'enabled', g.tgenabled, 'inherited', g.tgparentid <> 0, 'comment', ${comment('pg_trigger', 'g.oid')}) AS fact
    FROM rel JOIN pg_trigger g ON g.tgrelid = rel.oid WHERE NOT g.tgisinternal`,
  (fact) => acting('trigger', fact),
)

/** The rule that makes a view is its definition. */
const rules = part<ActingFact>(
  'rule',
  () => `SELECT json_build_object('of', rel.relname, 'name', w.rulename, 'definition', pg_get_ruledef(w.oid, true), 'enabled', w.ev_enabled, 'comment', ${comment('pg_rewrite', 'w.oid')}) AS fact
    FROM rel JOIN pg_rewrite w ON w.ev_class = rel.oid WHERE NOT (w.rulename = '_RETURN' AND rel.relkind IN ('v', 'm'))`,
  (fact) => acting('rule', fact),
)

type PolicyFact = {
  readonly of: string
  readonly name: string
  readonly command: string
  readonly permissive: boolean
  readonly roles: ReadonlyArray<string | null>
  readonly using: string | null
  readonly check: string | null
  readonly comment: string | null
}

const commands: Readonly<Record<string, string>> = { r: 'select', a: 'insert', w: 'update', d: 'delete', '*': 'all' }

const policies = part<PolicyFact>(
  'policy',
  () => `SELECT json_build_object('of', rel.relname, 'name', y.polname, 'command', y.polcmd, 'permissive', y.polpermissive,
    'roles', (SELECT json_agg(CASE role WHEN 0 THEN NULL ELSE pg_get_userbyid(role) END) FROM unnest(y.polroles) AS role),
    'using', pg_get_expr(y.polqual, y.polrelid), 'check', pg_get_expr(y.polwithcheck, y.polrelid), 'comment', ${comment('pg_policy', 'y.oid')}) AS fact
    FROM rel JOIN pg_policy y ON y.polrelid = rel.oid`,
  (fact, names) => ({
    objects: [
      objectOf('policy', fact.of, fact.name, {
        structure: {
          command: commands[fact.command] ?? fact.command,
          permissive: fact.permissive ? undefined : false,
          roles: fact.roles.map((role) => roleName(role, names)).toSorted(),
          using: fact.using,
          check: fact.check,
        },
        comments: { comment: fact.comment },
      }),
    ],
  }),
)

export const attached = [triggers, rules, policies]
