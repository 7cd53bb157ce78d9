// Every change to the database, in order. A migration that has been released is never edited.
export { Ground1790000000001 } from './0001-ground.js';
export { Accounts1790000000002 } from './0002-accounts.js';
export { Policies1790000000003 } from './0003-policies.js';
export { Feed1790000000004 } from './0004-feed.js';
export { Channels1790000000005 } from './0005-channels.js';
export { Ticketing1790000000006 } from './0006-ticketing.js';
export { Jobs1790000000007 } from './0007-jobs.js';
export { Pages1790000000008 } from './0008-pages.js';
export { Events1790000000009 } from './0009-events.js';
export { Sending1790000000010 } from './0010-sending.js';
export { Sweeps1790000000011 } from './0011-sweeps.js';
export { Mailboxes1790000000012 } from './0012-mailboxes.js';
export { MailThreads1790000000013 } from './0013-mail-threads.js';
export { MailOutcomes1790000000014 } from './0014-mail-outcomes.js';
export { MailSending1790000000015 } from './0015-mail-sending.js';
export { WebhookTokens1790000000016 } from './0016-webhook-tokens.js';
export { SessionStates1790000000018 } from './0018-session-states.js';
