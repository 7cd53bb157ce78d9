import type { AttachmentKind, ChannelKind, RecordedKind, RecordingPolicy } from '#contract';

/** Content as it came in or is about to go out. It may be looked at and passed on in memory; it may not be stored. */
export interface Recordable {
  text: string;
  fullText?: string | null;
  html?: string | null;
  subject?: string | null;
  /** A fact of the message's kind that may quote somebody: a postback's payload. */
  detail?: string | null;
  cc?: string[];
  senderName?: string | null;
  senderPicture?: Buffer | null;
  attachments?: RecordableAttachment[];
  /** What the header of a mail says of people, as JSON. */
  mailHeaders?: object | null;
  /** An invitation, as JSON. */
  calendar?: object | null;
}

export interface RecordableAttachment {
  kind: AttachmentKind;
  name: string;
  mediaType: string | null;
  /** Where the vendor keeps the bytes, or what a link points at. */
  sourceUrl: string | null;
  content: Buffer | null;
  contentId: string | null;
  /** A few lines of what is in it, as JSON: of an attached mail. */
  summary?: object | null;
}

/** What the policy lets be kept of a `Recordable`, by the same names. */
export interface RecordedContent {
  text: string;
  fullText: string | null;
  html: string | null;
  subject: string | null;
  detail: string | null;
  cc: string[];
  senderName: string | null;
  senderPicture: Buffer | null;
  attachments: (RecordableAttachment & { isRecorded: boolean })[];
  mailHeaders: object | null;
  calendar: object | null;
  /** True when something was left out. */
  withheld: boolean;
  /** The version of the recording policy that decided. */
  recordingVersion: number;
}

declare const recorded: unique symbol;
/** Content that went through the tenant's recording policy. Nothing else may be stored: whoever stores asks for this type. */
export type Recorded<Content = RecordedContent> = Content & { readonly [recorded]: true };

/** One version of a tenant's recording policy, ready to be applied. */
export class Recorder {
  constructor(private readonly policy: RecordingPolicy) {}

  get version(): number {
    return this.policy.version;
  }

  may(kind: RecordedKind, channel: ChannelKind): boolean {
    return (this.policy.rules.channels[channel]?.[kind] ?? this.policy.rules.all[kind]) === 'record';
  }

  /** Leave out of `content` what the tenant does not want recorded. */
  record(content: Recordable, channel: ChannelKind): Recorded {
    const text = this.may('message_text', channel);
    const attachments = this.may('attachments', channel);
    const kept: RecordedContent = {
      text: text ? storable(content.text) : '',
      fullText: text && content.fullText != null ? storable(content.fullText) : null,
      html: text && content.html != null ? storable(content.html) : null,
      subject: text && content.subject != null ? storable(content.subject) : null,
      detail: text && content.detail != null ? storable(content.detail) : null,
      cc: this.may('mail_headers', channel) ? (content.cc ?? []).map(storable) : [],
      senderName: this.may('sender_name', channel) && content.senderName != null ? storable(content.senderName) : null,
      senderPicture: this.may('sender_picture', channel) ? (content.senderPicture ?? null) : null,
      attachments: (content.attachments ?? []).map((attachment) => ({
        ...this.attachment(attachment, attachments),
        isRecorded: attachments,
      })),
      mailHeaders: this.may('mail_headers', channel) ? storableJson(content.mailHeaders) : null,
      calendar: text ? storableJson(content.calendar) : null,
      withheld: (!text && hasText(content)) || (!attachments && (content.attachments?.length ?? 0) > 0),
      recordingVersion: this.policy.version,
    };
    return kept as Recorded;
  }

  private attachment(attachment: RecordableAttachment, isKept: boolean): RecordableAttachment {
    const { name, summary } = attachment;
    if (isKept) return { ...attachment, name: storable(name), summary: storableJson(summary) };
    return { kind: attachment.kind, name: '', mediaType: null, sourceUrl: null, content: null, contentId: null, summary: null };
  }
}

function hasText({ text, html, subject, detail, calendar }: Recordable): boolean {
  return calendar != null || [text, html, subject, detail].some((part) => part != null && part !== '');
}

/** PostgreSQL's text holds neither U+0000 nor half a surrogate pair; whoever sends one must not lose the rest. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

function storableJson(value: object | null | undefined): object | null {
  if (value == null) return null;
  return JSON.parse(JSON.stringify(value), (_, part: unknown) => (typeof part === 'string' ? storable(part) : part)) as object;
}
