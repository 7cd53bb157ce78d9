import { withWords } from '../i18n/index.js';

/** What a mail shows besides its words. Asked for when somebody comes near one, so that nothing moves when it is opened. */
export const loadMail = () => withWords('mail', import('./mail-message.js'));
