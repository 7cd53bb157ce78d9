import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A way between the server and the simulated Graph API, where a test can stand and look, change or hold up. */
export interface GraphGate {
  url: string;
  target: string;
  /** Change what is sent before Graph sees it. */
  onSend: ((body: SentBody) => SentBody | Promise<SentBody>) | null;
  /** Waited for after Graph has carried out a send or a comment and before the server hears of it. */
  beforeAnswer: (() => Promise<void>) | null;
  /** How many sends and comments reached Graph. */
  sends: number;
  /** How many files were uploaded. */
  uploads: number;
  /** The body of the last of them. */
  lastUpload: Buffer;
  close(): Promise<void>;
}

export interface SentBody {
  recipient: { id: string };
  message: { text?: string; metadata?: string };
}

const TIMEOUT_MS = 20_000;
const NOT_PASSED_ON = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'content-encoding']);

export async function openGraphGate(): Promise<GraphGate> {
  const server = http.createServer((request, response) => {
    pass(gate, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const gate: GraphGate = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    target: '',
    onSend: null,
    beforeAnswer: null,
    sends: 0,
    uploads: 0,
    lastUpload: Buffer.alloc(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return gate;
}

async function pass(gate: GraphGate, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  let body: Buffer<ArrayBuffer> = Buffer.concat(pieces);
  // Typing and the like share the address with messages.
  const isSend =
    request.method === 'POST' && /\/(?:messages|comments)(?:\?|$)/.test(request.url ?? '') && !body.includes('"sender_action"');
  if (isSend) gate.sends++;
  if (/\/message_attachments(?:\?|$)/.test(request.url ?? '')) {
    gate.uploads++;
    gate.lastUpload = body;
  }
  if (isSend && gate.onSend) body = Buffer.from(JSON.stringify(await gate.onSend(JSON.parse(body.toString()) as SentBody)));
  const headers = Object.entries(request.headers).filter(([name, value]) => !NOT_PASSED_ON.has(name) && typeof value === 'string');
  const answer = await fetch(gate.target + (request.url ?? ''), {
    method: request.method ?? 'GET',
    headers: Object.fromEntries(headers) as Record<string, string>,
    ...(body.length === 0 ? {} : { body }),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (isSend) await gate.beforeAnswer?.();
  for (const [name, value] of answer.headers) if (!NOT_PASSED_ON.has(name)) response.setHeader(name, value);
  response.writeHead(answer.status).end(bytes);
}
