import type { CustomerMail } from './mail-compose.js';
import type { MailKind } from './mail-kinds.js';
import type { ReadMail } from './mail-read.js';

/** A mail as it lies in a customer's mailbox. */
export interface SimMail extends Omit<ReadMail, 'files'> {
  id: string;
  /** The customer's address this copy belongs to. */
  owner: string;
  direction: 'received' | 'sent';
  files: { name: string; mediaType: string; mediaId: string }[];
  /** On the simulator's clock. */
  atMs: number;
  /** Mails of one exchange share it. */
  thread: string;
  /** Of a sent mail: taken by the app, on its way, or given up with the reason. */
  state: 'received' | 'taken' | 'on_its_way' | 'given_up';
  reason: string | null;
  raw: Buffer;
  /** To whom reports about it go; empty: to nobody. Left out: the address in From. */
  envelopeFrom?: string;
}

/** A mail as a customer wants it sent. */
export interface MailToSend extends Omit<CustomerMail, 'from' | 'to' | 'subject' | 'answers' | 'atMs' | 'calendar' | 'quotes'> {
  /** The customer's address. */
  from: string;
  fromName?: string;
  /** In whose mailbox the copy lies; left out: the sender's. */
  owner?: string;
  /** Left out when a mail is answered: the answer goes where that mail wants it. */
  to?: string | readonly string[];
  subject?: string;
  answersMailId?: string;
  /** As if somebody else had written it in the sender's name: the domain does not sign it. */
  isForged?: boolean;
  envelopeFrom?: string;
  kind?: MailKind;
}
