import { withWords } from '../i18n/index.js';

/** The field one answers in, with its words. Asked for when somebody comes near a conversation, so that it is there when she opens it. */
export const loadComposer = () => withWords('answering', import('./composer.js'));
