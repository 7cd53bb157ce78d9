import { invalidParameter } from './graph-error.js';

export interface UploadedFile {
  name: string;
  mediaType: string;
  content: Buffer;
}

/** A call's parameters, from the address and the body together, and the file that came with them. */
export interface GraphInput {
  values: Record<string, unknown>;
  file: UploadedFile | null;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Form fields carry objects as JSON text: `recipient={"id":"…"}`. */
function unfolded(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    // Not JSON after all: a text may begin with a bracket.
    return value;
  }
}

/** Reads JSON, a form or a multipart form. What cannot be read is a parameter error, as with Meta. */
export async function readBody(contentType: string, body: Buffer): Promise<GraphInput> {
  const [kind = ''] = contentType.toLowerCase().split(';', 1);
  if (body.length === 0) return { values: {}, file: null };
  if (kind === 'application/json') {
    try {
      const parsed: unknown = JSON.parse(body.toString('utf8'));
      if (isRecord(parsed)) return { values: parsed, file: null };
    } catch {
      // Answered below, in Meta's form.
    }
    throw invalidParameter('The request body is not a JSON object');
  }
  if (kind === 'application/x-www-form-urlencoded') {
    const form = new URLSearchParams(body.toString('utf8'));
    return { values: Object.fromEntries([...form].map(([name, value]) => [name, unfolded(value)])), file: null };
  }
  if (kind === 'multipart/form-data') return readMultipart(contentType, body);
  throw invalidParameter(`The content type ${kind} is not supported`);
}

async function readMultipart(contentType: string, body: Buffer): Promise<GraphInput> {
  const input: GraphInput = { values: {}, file: null };
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- held against servers on the internet; this one reads what our own tests send
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData().catch(() => {
    throw invalidParameter('The multipart body cannot be read');
  });
  for (const [name, value] of form) {
    if (typeof value === 'string') input.values[name] = unfolded(value);
    else if (name === 'filedata' || name === 'source')
      input.file = { name: value.name, mediaType: value.type, content: Buffer.from(await value.arrayBuffer()) };
  }
  return input;
}

/** The named part as an object, or null when it is absent or something else. */
export function recordIn(values: Record<string, unknown>, name: string): Record<string, unknown> | null {
  const value = values[name];
  return isRecord(value) ? value : null;
}

/** The named part as text, or null. Numbers are taken as their digits. */
export function textIn(values: Record<string, unknown>, name: string): string | null {
  const value = values[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A list given as JSON or separated by commas. */
export function listIn(values: Record<string, unknown>, name: string): string[] {
  const value = values[name];
  const items = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(',') : [];
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

/** A page size: `most` when it is absent, malformed or larger. */
export function limitIn(values: Record<string, unknown>, most: number): number {
  const asked = Number(textIn(values, 'limit') ?? most);
  return Number.isInteger(asked) && asked > 0 ? Math.min(asked, most) : most;
}
