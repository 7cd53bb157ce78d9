import { invalidParameter } from './graph-error.js';

/** What `fields=id,messages.limit(5){id,from}` asks for: names, each with what is asked of it. */
export type Fields = Map<string, Fields | null>;

const FIELDS_LENGTH_MAX = 2000;
const DEPTH_MAX = 4;

/** Reads the `fields` parameter. Modifiers such as `.limit(5)` are read and left alone. */
export function readFields(text: string): Fields {
  if (text.length > FIELDS_LENGTH_MAX) throw invalidParameter('The parameter fields is too long');
  const tokens = text.replaceAll(/\.\w+\([^()]*\)/g, '').match(/[\w]+|[{},]/g) ?? [];
  let next = 0;
  const level = (depth: number): Fields => {
    const fields: Fields = new Map();
    if (depth > DEPTH_MAX) throw invalidParameter('The parameter fields is nested too deeply');
    for (; next < tokens.length && tokens[next] !== '}'; next += 1) {
      const token = tokens[next] ?? '';
      if (token === ',' || token === '{') continue;
      if (tokens[next + 1] === '{') {
        next += 2;
        fields.set(token, level(depth + 1));
      } else fields.set(token, null);
    }
    return fields;
  };
  return level(1);
}

/** Only what was asked for; `id` always. Parts that do not exist are left out, as the Graph API does. */
export function pick(whole: Record<string, unknown>, fields: Fields): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const [name, inner] of [...fields, ['id', null] as const]) {
    const value = whole[name];
    if (value === undefined) continue;
    picked[name] = inner ? pickInside(value, inner) : value;
  }
  return picked;
}

function pickInside(value: unknown, fields: Fields): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => pickInside(item, fields));
  if (typeof value !== 'object' || value === null) return value;
  if ('data' in value) return { ...value, data: pickInside(value.data, fields) };
  return pick(value as Record<string, unknown>, fields);
}
