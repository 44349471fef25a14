/** Types and sequences. */
import type { Case } from './case.ts'

export const typeCases: readonly Case[] = [
  {
    name: 'sequence missing',
    norm: 'create sequence number as int start 1000 increment 10 cache 5 cycle',
    seen: '',
    findings: ['breaks: Sequence number is missing.'],
    left: ['Sequence number is missing. From which number on it has to count, only the data can say: make it by hand.'],
  },
  {
    name: 'sequence of a default missing',
    base: 'create table customer (id bigint primary key, n int)',
    norm: "create sequence number as int start 1000 increment 10 cache 5 cycle; alter table customer alter n set default nextval('number')",
    seen: '',
    findings: ['breaks: Sequence number is missing.', "breaks: Column n of customer lacks its default nextval('number'::regclass)."],
    repair: [
      'CREATE SEQUENCE number AS integer INCREMENT BY 10 START WITH 1000 CACHE 5 CYCLE',
      "ALTER TABLE customer ALTER COLUMN n SET DEFAULT nextval('number'::regclass)",
      `DO $do$DECLARE last bigint := (SELECT max(n) FROM customer);
BEGIN
  IF last >= 1000 THEN EXECUTE format($$ALTER SEQUENCE number RESTART WITH %s$$, last + 1); END IF;
END$do$`,
    ],
  },
  {
    name: 'sequence extra',
    norm: '',
    seen: 'create sequence number',
    findings: ['harmless: Sequence number was added outside of its migrations.'],
    left: ['Sequence number was added outside of its migrations. Somebody may count with it: drop it by hand, or make it a migration.'],
  },
  {
    name: 'sequence mismatched',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create sequence number start 5 increment 10 maxvalue 1000 owned by customer.id',
    seen: 'create sequence number cache 20 cycle',
    findings: [
      'breaks: Sequence number has the cache 20 instead of the default, begins anew at its end, lacks the increment 10, lacks the highest number 1000, is not owned by customer.id and lacks the start 5.',
    ],
    repair: ['ALTER SEQUENCE number INCREMENT BY 10 MAXVALUE 1000 START WITH 5 CACHE 1 NO CYCLE', 'ALTER SEQUENCE number OWNED BY customer.id'],
  },
  {
    name: 'sequence counting down',
    norm: 'create sequence number increment -1',
    seen: 'create sequence number',
    findings: ['breaks: Sequence number lacks the increment -1.'],
    left: ['Sequence number lacks the increment -1. It would count the other way round: from which number on only the data can say.'],
  },
  {
    name: 'serial extra',
    base: 'create table customer (id bigint primary key, email text)',
    norm: '',
    seen: 'alter table customer add n serial',
    findings: ['harmless: Column n of customer was added outside of its migrations.'],
    left: ['Column n of customer was added outside of its migrations. It may hold data: drop it by hand, or make it a migration.'],
  },
  {
    name: 'enum missing',
    norm: "create type mood as enum ('calm', 'it''s')",
    seen: '',
    findings: ['breaks: Type mood is missing.'],
    repair: ["CREATE TYPE mood AS ENUM ('calm', 'it''s')"],
  },
  {
    name: 'enum label missing',
    norm: "create type mood as enum ('new', 'calm', 'odd', 'busy')",
    seen: "create type mood as enum ('calm', 'busy')",
    findings: ['breaks: Type mood lacks the labels new, odd.'],
    repair: ["ALTER TYPE mood ADD VALUE 'new' BEFORE 'calm'", "ALTER TYPE mood ADD VALUE 'odd' AFTER 'calm'"],
  },
  {
    name: 'enum label extra',
    norm: "create type mood as enum ('calm', 'busy')",
    seen: "create type mood as enum ('calm', 'busy', 'gone')",
    findings: ['harmless: Type mood has the label gone in addition.'],
    left: ['Type mood has the label gone in addition. PostgreSQL cannot take a label away or move it: rows may hold it. Make the type anew by hand.'],
  },
  {
    name: 'enum labels in another order',
    norm: "create type mood as enum ('calm', 'busy')",
    seen: "create type mood as enum ('busy', 'calm')",
    findings: ['breaks: Type mood has its labels in another order.'],
    left: ['Type mood has its labels in another order. PostgreSQL cannot take a label away or move it: rows may hold it. Make the type anew by hand.'],
  },
  {
    name: 'domain missing',
    norm: `create domain email as text collate "C" default 'x' not null constraint at check (value like '%@%')`,
    seen: '',
    findings: ['breaks: Type email is missing.'],
    repair: [`CREATE DOMAIN email AS text COLLATE "C" DEFAULT 'x'::text NOT NULL CONSTRAINT at CHECK ((VALUE ~~ '%@%'::text))`],
  },
  {
    name: 'domain mismatched',
    norm: "create domain email as text default 'x' not null constraint at check (value like '%@%')",
    seen: "create domain email as text constraint at check (value like '@%') constraint short check (length(value) < 9)",
    findings: ["breaks: Type email has the check at defined otherwise, has the check short in addition, lacks its default 'x'::text and allows null."],
    repair: [
      'ALTER DOMAIN email DROP CONSTRAINT at',
      'ALTER DOMAIN email DROP CONSTRAINT short',
      "ALTER DOMAIN email ADD CONSTRAINT at CHECK ((VALUE ~~ '%@%'::text))",
      "ALTER DOMAIN email SET DEFAULT 'x'::text",
      'ALTER DOMAIN email SET NOT NULL',
    ],
  },
  {
    name: 'domain of another type',
    norm: 'create domain n as bigint',
    seen: 'create domain n as int',
    findings: ['breaks: Type n is integer instead of bigint.'],
    left: ['Type n is integer instead of bigint. PostgreSQL changes this only by making the type anew, and columns are of it.'],
  },
  {
    name: 'composite missing',
    norm: 'create type place as (city text, "Zip" varchar(10))',
    seen: '',
    findings: ['breaks: Type place is missing.'],
    repair: ['CREATE TYPE place AS (city text, "Zip" character varying(10))'],
  },
  {
    name: 'composite attribute missing',
    norm: 'create type place as (city text, zip text)',
    seen: 'create type place as (city text)',
    findings: ['breaks: Type place lacks the attribute zip text.'],
    repair: ['ALTER TYPE place ADD ATTRIBUTE zip text'],
  },
  {
    name: 'composite attribute extra',
    norm: 'create type place as (city text)',
    seen: 'create type place as (city text, zip text)',
    findings: ['breaks: Type place has the attribute zip text in addition.'],
    left: ['Type place has the attribute zip text in addition. An attribute that goes takes its values with it: change the type by hand.'],
  },
  {
    name: 'range missing',
    norm: 'create type span as range (subtype = int)',
    seen: '',
    findings: ['breaks: Type span is missing.'],
    repair: ['CREATE TYPE span AS RANGE (SUBTYPE = integer, MULTIRANGE_TYPE_NAME = span_multirange)'],
  },
  {
    name: 'type extra',
    norm: '',
    seen: "create type mood as enum ('calm')",
    findings: ['harmless: Type mood was added outside of its migrations.'],
    left: ['Type mood was added outside of its migrations. Columns that are kept may be of it: drop it by hand, or make it a migration.'],
  },
]
