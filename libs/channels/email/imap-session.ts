import { once } from 'node:events';
import { ChannelError } from '../channel.js';
import { type FolderReading, readFolder } from './imap-folder.js';
import type { ImapLine } from './imap-line.js';
import { imapTrouble } from './imap-trouble.js';

/** What one look into all folders brought. */
export interface MailboxLook {
  taken: number;
  newestArrivedAt: Date | null;
  foldersSeen: string[];
  /** A folder that is no longer there; the others were read. */
  trouble: ChannelError | null;
}

/** One signed-in connection with a mailbox: looks into its folders, and waits for news of the first. */
export class ImapSession {
  private hasNews = false;
  /** By folder: what was wrong with it when it was last looked into. */
  private readonly troubles = new Map<string, ChannelError>();

  constructor(
    private readonly line: ImapLine,
    private readonly folders: readonly string[],
    private readonly reading: FolderReading,
  ) {
    line.client.on('exists', () => (this.hasNews = true));
  }

  /**
   * Look into every folder. The first comes last: it stays open, and from then on the server tells what is new there.
   *
   * Errors   ChannelError; whatever the database throws
   */
  lookAround(): Promise<MailboxLook> {
    return this.look([...this.folders.slice(1), ...this.folders.slice(0, 1)]);
  }

  /** Look into the first folder alone. */
  lookAtNews(): Promise<MailboxLook> {
    return this.look(this.folders.slice(0, 1));
  }

  /**
   * Wait until the first folder has something new (true), or for so long (false); sooner when `signal` ends it. Ends with a question to
   * the server, so that a line that fell silent is noticed however quiet the mailbox is.
   *
   * Shape    answerMsMax: how long that question may take
   * Errors   ChannelError when the connection is lost
   */
  async waitForNews({ timeoutMs, answerMsMax }: { timeoutMs: number; answerMsMax: number }, signal: AbortSignal): Promise<boolean> {
    const { client } = this.line;
    if (!this.hasNews && !signal.aborted) {
      const over = new AbortController();
      const timer = setTimeout(() => over.abort(), timeoutMs);
      const until = { signal: AbortSignal.any([over.signal, signal]) };
      try {
        // Ends when the next question is asked. A server may also end it by itself, or not know it: then we wait without.
        client.idle().catch(() => undefined);
        if (!client.isClosed) await Promise.race([once(client, 'exists', until), once(client, 'close', until)]).catch(() => undefined);
      } finally {
        clearTimeout(timer);
        over.abort();
      }
    }
    if (client.isClosed) throw imapTrouble(Object.assign(new Error('closed'), { reason: client.byeReason }));
    await this.line.ask(client.noop(), answerMsMax);
    return this.hasNews;
  }

  async end(): Promise<void> {
    await this.line.end();
  }

  private async look(folders: readonly string[]): Promise<MailboxLook> {
    const look: MailboxLook = { taken: 0, newestArrivedAt: null, foldersSeen: [], trouble: null };
    for (const folder of folders) {
      if (this.reading.signal.aborted) break;
      // Whatever comes from here on is either found now or told of later.
      if (folder === this.folders[0]) this.hasNews = false;
      try {
        const { taken, newestArrivedAt } = await readFolder(this.line, folder, this.reading);
        look.taken += taken;
        if (newestArrivedAt !== null && (look.newestArrivedAt === null || newestArrivedAt > look.newestArrivedAt)) {
          look.newestArrivedAt = newestArrivedAt;
        }
        look.foldersSeen.push(folder);
        this.troubles.delete(folder);
      } catch (error) {
        if (!(error instanceof ChannelError) || error.code !== 'no_such_folder') throw error;
        this.troubles.set(folder, error);
      }
    }
    look.trouble = this.troubles.values().next().value ?? null;
    await this.reading.cursors.markSeen(look.foldersSeen, this.reading.clock.now());
    return look;
  }
}
