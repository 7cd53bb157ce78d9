import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { accountsDataMap } from '#accounts';
import { auditDataMap } from '#audit';
import { channelsDataMap } from '#channels';
import { jobsDataMap } from '#jobs';
import type { DataMap } from '#platform';
import { policiesDataMap } from '#policies';
import { realtimeDataMap } from '#realtime';
import { ticketingDataMap } from '#ticketing';
import { World } from './world.js';

/** What each room says it keeps. A table that is in none of these is nobody's, and nobody would erase it. */
const MAPS: Record<string, DataMap> = {
  accounts: accountsDataMap,
  audit: auditDataMap,
  channels: channelsDataMap,
  jobs: jobsDataMap,
  policies: policiesDataMap,
  realtime: realtimeDataMap,
  ticketing: ticketingDataMap,
};

/** Not of a room: the list of migrations that ran. It holds nothing about anybody. */
const TECHNICAL = ['migration'];

const LIBS = join(import.meta.dirname, '../../libs');

describe('the data map', () => {
  let world: World;
  let columns: { table: string; column: string; type: string; nullable: boolean }[];

  beforeAll(async () => {
    world = await World.open();
    columns = await world.rows(
      `select c.relname::text as table, attname::text as column, format_type(atttypid, atttypmod) as type, not attnotnull as nullable
       from pg_attribute join pg_class c on c.oid = attrelid
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and attnum > 0 and not attisdropped order by 1, 2`,
    );
  });
  afterAll(() => world.close());

  const declared = () =>
    Object.entries(MAPS).flatMap(([room, map]) =>
      Object.entries(map).flatMap(([table, { columns }]) => Object.keys(columns).map((column) => ({ room, name: `${table}.${column}` }))),
    );

  it('declares every column there is, and no other', () => {
    const there = columns.filter(({ table }) => !TECHNICAL.includes(table)).map(({ table, column }) => `${table}.${column}`);
    const names = declared().map(({ name }) => name);
    expect({ undeclared: there.filter((name) => !names.includes(name)) }).toEqual({ undeclared: [] });
    expect({ gone: names.filter((name) => !there.includes(name)) }).toEqual({ gone: [] });
  });

  it('gives each table to one room', () => {
    const tables = Object.values(MAPS).flatMap((map) => Object.keys(map));
    expect(tables.filter((table, at) => tables.indexOf(table) !== at)).toEqual([]);
  });

  it('says of every table who ends it and who hands it out', () => {
    for (const [table, { erasedBy, exportedBy }] of Object.values(MAPS).flatMap((map) => Object.entries(map))) {
      expect({ table, erasedBy: erasedBy.length > 3, exportedBy: exportedBy.length > 3 }).toEqual({
        table,
        erasedBy: true,
        exportedBy: true,
      });
    }
  });

  it('calls bytes and free text by what they hold, never a setting or an id of nobody', () => {
    const kinds = new Map(
      Object.values(MAPS).flatMap((map) =>
        Object.entries(map).flatMap(([table, { columns: of }]) =>
          Object.entries(of).map(([column, kind]) => [`${table}.${column}`, kind] as const),
        ),
      ),
    );
    const wrong = columns
      .filter(({ table }) => !TECHNICAL.includes(table))
      .filter(({ table, column, type }) => {
        const kind = kinds.get(`${table}.${column}`)!;
        if (type === 'bytea') return !['secret', 'digest', 'content'].includes(kind);
        if (type.startsWith('timestamp')) return kind !== 'time';
        if (type === 'uuid') return kind !== 'id';
        return kind === 'time';
      });
    expect(wrong).toEqual([]);
  });

  it('is about the columns that the code reads: every entity’s column is there, with its type and nullability', () => {
    const { entityMetadatas } = world.get(DataSource);
    expect(entityMetadatas.length).toBeGreaterThan(2);
    for (const { tableName, columns: ofEntity } of entityMetadatas) {
      for (const { databaseName, type, isNullable, isArray } of ofEntity) {
        const found = columns.find(({ table, column }) => table === tableName && column === databaseName);
        const name = `${tableName}.${databaseName}`;
        expect({ name, type: found?.type, nullable: found?.nullable }).toEqual({
          name,
          type: `${inCatalogue(type as string)}${isArray ? '[]' : ''}`,
          nullable: isNullable,
        });
      }
    }
  });

  it('is kept by the rooms: none names another’s table in a statement', () => {
    const owners = new Map(Object.entries(MAPS).flatMap(([room, map]) => Object.keys(map).map((table) => [table, room] as const)));
    const strangers: string[] = [];
    let statements = 0;
    for (const room of readdirSync(LIBS)) {
      for (const path of sourcesOf(join(LIBS, room))) {
        for (const table of tablesNamedIn(readFileSync(path, 'utf8'))) {
          const owner = owners.get(table);
          if (owner === undefined) continue;
          statements++;
          if (owner !== room) strangers.push(`${path.slice(LIBS.length + 1)} names ${owner}’s table ${table}`);
        }
      }
    }
    // A scan that finds nothing at all has stopped looking.
    expect(statements).toBeGreaterThan(50);
    expect(strangers).toEqual([]);
  });
});

function inCatalogue(type: string): string {
  return { timestamptz: 'timestamp with time zone', int: 'integer', varchar: 'character varying' }[type] ?? type;
}

/** A room's own code: migrations belong to all, and a test may look anywhere. */
function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.spec|\.d)\.ts$/.test(entry.name) && !entry.parentPath.includes('migrations'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Tables in the SQL of a source: what follows the words that take one. Comments are prose and do not count. */
function tablesNamedIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/[^\n]*/g, '$1');
  return [...code.matchAll(/\b(?:from|join|into|update|delete from|truncate|table)\s+(?:only\s+)?([a-z_]+)\b/g)].map(([, table]) => table!);
}
