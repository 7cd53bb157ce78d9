/**
 * What an agent has typed and not yet sent, per conversation.
 *
 * In memory only: what is written to a customer is content, and content lives where the tenant's policy reaches, not in a browser's store.
 * It survives going to another conversation and back, and an unreachable server; it does not survive closing the window, so the window asks.
 */
import type { ApiError } from './api.js';
import { createStore, useStore } from './store.js';

export type DraftKind = 'reply' | 'note';

/**
 * A file that goes with a reply. `sending`: on its way to the server. `ready`: kept there under `id`, until a reply uses it.
 * `failed`: refused or lost, with the reason. `share`: how much of it has gone, from 0 to 1.
 */
export interface DraftFile {
  key: string;
  name: string;
  sizeBytes: number;
  mediaType: string;
  state: 'sending' | 'ready' | 'failed';
  share: number;
  id: string | null;
  error: ApiError | FileProblem | null;
}

/** Why a file was not even tried. */
export type FileProblem = 'too_large' | 'empty';

/** The message that a reply quotes. */
export interface Quoted {
  id: string;
  authorName: string;
  text: string;
}

/** One conversation's unsent words: the reply and the note are two drafts, so that one can never be sent as the other. */
export interface Draft {
  kind: DraftKind;
  reply: string;
  note: string;
  cc: readonly string[];
  bcc: readonly string[];
  files: readonly DraftFile[];
  quickReplies: readonly string[];
  replyTo: Quoted | null;
}

const EMPTY: Draft = { kind: 'reply', reply: '', note: '', cc: [], bcc: [], files: [], quickReplies: [], replyTo: null };

/** What a reply consists of besides its kind: what is empty again once it was sent. */
export const NO_REPLY = { reply: '', files: [], quickReplies: [], replyTo: null } as const satisfies Partial<Draft>;

export const drafts = createStore<ReadonlyMap<string, Draft>>(new Map());

/** The draft of one conversation, and how to change it. */
export function useDraft(conversationId: string): [Draft, (change: Partial<Draft>) => void] {
  const draft = useStore(drafts, () => draftOf(conversationId));
  return [
    draft,
    (change) => {
      changeDraft(conversationId, change);
    },
  ];
}

/** Change one conversation's draft; what is left out stays. */
export function changeDraft(conversationId: string, change: Partial<Draft>): void {
  drafts.set((all) => new Map(all).set(conversationId, { ...(all.get(conversationId) ?? EMPTY), ...change }));
}

/** The draft of one conversation as it is now. */
export function draftOf(conversationId: string): Draft {
  return drafts.get().get(conversationId) ?? EMPTY;
}

/** Change one file of a draft. A file that was taken out meanwhile stays out. */
export function changeFile(conversationId: string, key: string, change: Partial<DraftFile>): void {
  const { files } = draftOf(conversationId);
  if (files.some((file) => file.key === key))
    changeDraft(conversationId, { files: files.map((file) => (file.key === key ? { ...file, ...change } : file)) });
}

/** Whether anything typed or chosen would be lost by closing the window. */
export function hasDrafts(): boolean {
  return [...drafts.get().values()].some(({ reply, note, files }) => reply.trim() !== '' || note.trim() !== '' || files.length > 0);
}

/** Forget every draft: the agent signed out. */
export function forgetDrafts(): void {
  drafts.set(new Map());
}
