import { isQuiet, rememberQuiet } from './quiet.js';

/** What is found of the past is shown, and nobody is told of it as news. */
describe('what only now became known', () => {
  it('is remembered by its message, and live messages beside it are not', () => {
    rememberQuiet([
      { seq: 1, type: 'message_added', conversationId: 'c', messageId: 'old', quiet: true },
      { seq: 2, type: 'message_added', conversationId: 'c', messageId: 'new' },
      { seq: 3, type: 'conversation_changed', conversationId: 'c', quiet: true },
    ]);
    expect(isQuiet('old')).toBe(true);
    expect(isQuiet('new')).toBe(false);
  });

  it('does not grow without end: an import of years forgets its oldest first', () => {
    rememberQuiet(Array.from({ length: 2_500 }, (_, seq) => ({ seq, type: 'message_added' as const, messageId: `m${seq}`, quiet: true })));
    expect(isQuiet('m2499')).toBe(true);
    expect(isQuiet('m0')).toBe(false);
  });
});
