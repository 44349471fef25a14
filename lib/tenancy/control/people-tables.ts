/** Tables of 0003_people.sql. Sessions and accounts are written by better-auth as well. */
import type { ColumnType, Generated } from 'kysely'
import type { Role } from '../contract/permissions.ts'

type Time = ColumnType<Date, Date | string | undefined, Date | string>
type NullableTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

export type LinkPurpose = 'first_admin' | 'invitation' | 'new_password'

export type PeopleTables = {
  person: {
    id: Generated<string>
    email: string
    name: Generated<string>
    role: Role
    email_verified: Generated<boolean>
    image: string | null
    invited_at: Time
    activated_at: NullableTime
    disabled_at: NullableTime
    last_seen_at: NullableTime
    created_at: Generated<Date>
    updated_at: Time
  }
  auth_session: {
    id: string
    person_id: string
    token: string
    expires_at: Time
    ip_address: string | null
    user_agent: string | null
    created_at: Generated<Date>
    updated_at: Time
  }
  account: {
    id: Generated<string>
    account_id: string
    provider_id: string
    person_id: string
    password: string | null
    created_at: Generated<Date>
    updated_at: Time
  }
  one_time_link: {
    token_hash: string
    person_id: string
    purpose: LinkPurpose
    expires_at: Time
    used_at: NullableTime
    created_at: Generated<Date>
  }
  sign_in_limit: { key: string; attempts: number; window_started_at: Time }
}
