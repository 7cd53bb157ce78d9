import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { SavedMailKeys } from './mail-keys.js';
import type { MailRoute, SavedMail } from './mailbox.js';
import type { MediaFacts } from './media.js';
import type { SavedWorld } from './page-world.js';
import type { SavedDns } from './sim-dns.js';

/** Everything that a restart must find again. */
export interface SavedSimulator {
  version: 1;
  webhookUrl: string | null;
  world: SavedWorld;
  media: MediaFacts[];
  mails: SavedMail[];
  routes: MailRoute[];
  /** Absent in the files of earlier versions. */
  mailKeys?: SavedMailKeys;
  dns?: SavedDns;
}

const SAVE_AFTER_MS = 200;
const FILE = 'world.json';
/** The file is our own: this only tells ours from a foreign or half-written one. */
const Outline = z.looseObject({
  version: z.literal(1),
  world: z.looseObject({ pages: z.array(z.unknown()), customers: z.array(z.unknown()) }),
  media: z.array(z.unknown()),
  mails: z.array(z.unknown()),
  routes: z.array(z.unknown()),
});

/** Keeps the simulated world in a folder, so that stopping it does not end the conversations. */
export class WorldFile {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly folder: string,
    private readonly current: () => SavedSimulator,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** What was kept, or null. A file that cannot be read is put aside as `world.json.broken`, and `onBroken` hears of it. */
  load(onBroken: (path: string) => void): SavedSimulator | null {
    const path = join(this.folder, FILE);
    if (!existsSync(path)) return null;
    try {
      const text = readFileSync(path, 'utf8');
      const saved: unknown = JSON.parse(text);
      if (!Outline.safeParse(saved).success) throw new Error('not a saved world');
      return saved as SavedSimulator;
    } catch {
      renameSync(path, `${path}.broken`);
      onBroken(`${path}.broken`);
      return null;
    }
  }

  /** Something changed: it is on disk a moment later. */
  touch(): void {
    this.timer ??= setTimeout(() => {
      this.save();
    }, SAVE_AFTER_MS).unref();
  }

  save(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const path = join(this.folder, FILE);
    // Written beside and moved over: a crash leaves the old world or the new one, never half of one.
    writeFileSync(`${path}.tmp`, JSON.stringify(this.current()), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }
}
