/** A file on its way to Meta. */
export interface GraphFile {
  /** The form field that Meta expects it in. */
  field: string;
  name: string;
  mediaType: string;
  bytes: Buffer;
}

/** The bytes of a form (RFC 7578) with a file in it. `fields`: its other members; what is not text goes as JSON, as Graph wants it. */
export async function writeForm(fields: unknown, file: GraphFile): Promise<{ contentType: string; bytes: Buffer }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields ?? {})) form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  form.append(file.field, new Blob([Uint8Array.from(file.bytes)], { type: file.mediaType }), file.name);
  const written = new Response(form);
  return { contentType: written.headers.get('content-type') ?? '', bytes: Buffer.from(await written.arrayBuffer()) };
}
