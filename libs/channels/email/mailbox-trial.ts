import { Inject, Injectable } from '@nestjs/common';
import type { MailFolders, MailLoginProvider } from '#contract';
import { CONFIG, type Config, Refusal, SECOND_MS } from '#platform';
import { ChannelError } from '../channel.js';
import { lookAtImap } from './imap-look.js';
import type { ImapServer } from './imap-server.js';
import { MailRelay } from './mail-relay.js';
import { MailNotSent } from './smtp-remedy.js';
import type { SmtpServer } from './smtp-sender.js';
import { smtpPlaceOf } from './smtp-server.js';
import { type TrialFailure, trialProblem, type TrialProblem } from './trial-sentences.js';

/** Both directions together: whoever waits for it looks at a spinner. */
const TRIAL_MS_MAX = 20 * SECOND_MS;
const SMTP_TIMEOUTS = { connectMs: 8 * SECOND_MS, greetingMs: 8 * SECOND_MS, silenceMs: 10 * SECOND_MS };
/** So many folders are listed; in a longer list one may be missing that is there. */
const FOLDERS_LISTED_MAX = 500;

/** What a mailbox is to be reached by. Null: nothing of ours to try. */
export interface Trial {
  imap: ImapServer | null;
  folders: string[];
  smtp: SmtpServer | null;
  /** Who gave the tokens among these, where nobody typed a password. */
  login: MailLoginProvider | null;
}

/** Tries servers before anything is saved, so that a mailbox that is connected works. */
@Injectable()
export class MailboxTrial {
  constructor(
    private readonly relay: MailRelay,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Sign in at both servers, side by side, and see that the folders are there.
   *
   * Limits   20 s
   * Errors   unprocessable `imap_refused` or `smtp_refused`, each failure under its field: `imap`, `folders`, `smtp`
   */
  async both({ imap, folders, smtp, login }: Trial): Promise<void> {
    const [inward, outward] = await Promise.all([
      imap === null ? [] : this.folderProblems(imap, folders, 'accessToken' in imap.secret ? login : null),
      smtp === null ? [] : this.smtpProblems(smtp, 'accessToken' in smtp ? login : null),
    ]);
    const fields = [...inward, ...outward];
    if (fields.length === 0) return;
    const code = inward.length > 0 ? 'imap_refused' : 'smtp_refused';
    throw new Refusal('unprocessable', code, fields.map(({ message }) => message).join(' '), fields);
  }

  /** What an account holds. Limits: 20 s. Errors: unprocessable `imap_refused`. */
  async folders(imap: ImapServer, login: MailLoginProvider | null): Promise<MailFolders['folders']> {
    try {
      return await this.listed(imap);
    } catch (error) {
      const problem = trialProblem(failureOf('imap', imap.host, login, error));
      throw new Refusal('unprocessable', 'imap_refused', problem.message, [problem]);
    }
  }

  private async folderProblems(imap: ImapServer, wanted: string[], login: MailLoginProvider | null): Promise<TrialProblem[]> {
    try {
      const listed = await this.listed(imap);
      if (listed.length >= FOLDERS_LISTED_MAX) return [];
      const there = new Set(listed.map(({ path }) => comparable(path)));
      const missing = wanted.filter((path) => !there.has(comparable(path)));
      if (missing.length === 0) return [];
      const names = missing.map((path) => `“${path}”`).join(', ');
      const message = `The account has no folder ${names}. Choose from the list of its folders.`;
      return [{ path: 'folders', code: 'folders_missing', message, names: missing }];
    } catch (error) {
      return [trialProblem(failureOf('imap', imap.host, login, error))];
    }
  }

  private async smtpProblems(smtp: SmtpServer, login: MailLoginProvider | null): Promise<TrialProblem[]> {
    try {
      await inTime(this.relay.verify({ server: smtp, isOwn: true }, SMTP_TIMEOUTS));
      return [];
    } catch (error) {
      return [trialProblem(failureOf('smtp', smtpPlaceOf(smtp).host, login, error))];
    }
  }

  private listed(imap: ImapServer): Promise<MailFolders['folders']> {
    return inTime(lookAtImap(imap, this.config));
  }
}

/** The one folder whose name has no case. Source: RFC 9051, 5.1 */
function comparable(path: string): string {
  return path.toUpperCase() === 'INBOX' ? 'INBOX' : path;
}

async function inTime<T>(look: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ChannelError('try_later', 'timed_out', 'The server did not answer in time.')), TRIAL_MS_MAX);
  try {
    return await Promise.race([look, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Errors: what is nobody's refusal is a defect of ours, and goes on its way. */
function failureOf(direction: TrialFailure['direction'], host: string, login: MailLoginProvider | null, error: unknown): TrialFailure {
  if (error instanceof ChannelError) return { direction, host, login, code: error.code, words: error.reason };
  if (error instanceof MailNotSent) return { direction, host, login, code: error.code, words: null };
  throw error;
}
