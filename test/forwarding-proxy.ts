import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy as people put before a server: it adds who came to it to `X-Forwarded-For`, and comes to the next from its own address. */
export interface ForwardingProxy {
  port: number;
  close(): Promise<void>;
}

/** Shape  at: an address of this machine's loopback, by which the next one knows it */
export async function startForwardingProxy(at: string, to: { host: string; port: number }): Promise<ForwardingProxy> {
  const server = createServer((asked, answer) => {
    const before = asked.headers['x-forwarded-for'];
    const forwarded = [...(before === undefined ? [] : [String(before)]), asked.socket.remoteAddress ?? ''].join(', ');
    const headers = { ...asked.headers, 'x-forwarded-for': forwarded };
    const next = request({ ...to, localAddress: at, method: asked.method, path: asked.url, headers, agent: false }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    next.on('error', () => answer.destroy());
    asked.pipe(next);
  });
  await new Promise<void>((resolve) => server.listen(0, at, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
}

/** Ask from an address of this machine's loopback, with headers as they are: also several of one name. */
export function askFrom(
  from: string,
  { host = '127.0.0.1', port, path }: { host?: string; port: number; path: string },
  headers: Record<string, string | string[]>,
): Promise<{ status: number; body: { error?: { code: string }; you?: { address: string } } }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, localAddress: from, headers, agent: false, timeout: 10_000 }, (answer: IncomingMessage) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        resolve({ status: answer.statusCode!, body: JSON.parse(Buffer.concat(parts).toString()) as { you?: { address: string } } });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
