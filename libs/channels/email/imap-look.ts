import type { MailFolders } from '#contract';
import { ImapLine, type LineRules } from './imap-line.js';
import type { ImapServer } from './imap-server.js';

const FOLDERS_SHOWN_MAX = 500;
const PATH_LENGTH_MAX = 255;

/**
 * Sign in and say which folders there are: of a mailbox that is about to be connected. Changes nothing there.
 *
 * Shape    use: `inbox`, `sent`, `junk` …, where the server says so or the name does; the inbox first
 * Limits   45 s to sign in, 60 s for the list; 500 folders
 * Errors   ChannelError `sign_in_refused`, `server_unreachable`, `server_unknown`, `server_not_allowed`, `certificate_wrong`, `tls_missing`,
 *          `throttled`, `connection_lost`, `server_confused`; with `folders`, `no_such_folder` when one of them is not there
 */
export async function lookAtImap(server: ImapServer, rules: LineRules, folders: readonly string[] = []): Promise<MailFolders['folders']> {
  const line = await ImapLine.open(server, rules);
  try {
    for (const folder of folders) await line.ask(line.client.mailboxOpen(folder, { readOnly: true }));
    const found = await line.ask(line.client.list({ statusQuery: { messages: true } }));
    return found
      .filter(({ flags, path }) => !flags.has('\\Noselect') && !flags.has('\\NonExistent') && path.length <= PATH_LENGTH_MAX)
      .slice(0, FOLDERS_SHOWN_MAX)
      .map(({ path, specialUse, status }) => ({
        path,
        use: specialUse === undefined ? null : specialUse.replace(/^\\/, '').toLowerCase(),
        messages: status?.messages ?? 0,
      }))
      .sort((one, other) => Number(other.use === 'inbox') - Number(one.use === 'inbox'));
  } finally {
    await line.end();
  }
}
