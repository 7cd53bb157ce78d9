import { useEffect, useMemo } from 'react';
import type { Conversation, Typing } from '#contract';
import { api } from '../api.js';
import { nowMs } from '../clock.js';

/** Messenger shows "is writing" for about twenty seconds; said again in time it does not flicker, and it ends by itself. */
const SAID_AGAIN_AFTER_MS = 12_000;

interface TypingSignal {
  /** Something was typed into the reply; an empty text means that nobody writes any more. */
  wrote: (text: string) => void;
  stopped: () => void;
  /** It was sent: that says by itself that the writing is over. */
  sent: () => void;
}

const SILENT: TypingSignal = { wrote: () => undefined, stopped: () => undefined, sent: () => undefined };

function say(conversationId: string, on: boolean): void {
  const typing: Typing = { on };
  // A courtesy to the contact: one that does not get through is not worth a word to the agent, and is never said again.
  api.post<unknown>(`/api/conversations/${encodeURIComponent(conversationId)}/typing`, typing).catch(() => undefined);
}

function typingSignal(conversationId: string): TypingSignal {
  let saidAtMs: number | null = null;
  const stopped = () => {
    if (saidAtMs === null) return;
    saidAtMs = null;
    say(conversationId, false);
  };
  return {
    wrote(text) {
      if (text.trim() === '') return stopped();
      if (saidAtMs !== null && nowMs() - saidAtMs < SAID_AGAIN_AFTER_MS) return;
      saidAtMs = nowMs();
      say(conversationId, true);
    },
    stopped,
    sent() {
      saidAtMs = null;
    },
  };
}

/** Tell the contact on Messenger that somebody is writing. Silent in public, by mail, and while `isOn` is false. */
export function useTyping({ id, channel, kind }: Conversation, isOn: boolean): TypingSignal {
  const canTell = isOn && channel === 'messenger' && kind === 'messages';
  const signal = useMemo(() => (canTell ? typingSignal(id) : SILENT), [id, canTell]);
  // Going elsewhere, to a note or another conversation, is an end too.
  useEffect(() => signal.stopped, [signal]);
  return signal;
}
