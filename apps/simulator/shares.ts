/** Everything a customer can send besides words, each with an example at hand, so that one word is enough to play it. */
import type { AttachmentKind, SimCard } from './page-world.js';
import { samplePhoto } from './picture.js';
import { sampleSound, samplePdf, sampleVideo } from './samples.js';

export const SHARES = [
  'photo',
  'two_photos',
  'video',
  'voice',
  'sound',
  'file',
  'link',
  'location',
  'product',
  'reel',
  'post',
  'appointment',
  'unknown_attachment',
] as const;
export type Share = (typeof SHARES)[number];

export interface GivenAttachment {
  kind: Exclude<AttachmentKind, 'sticker'>;
  name: string;
  mediaType: string;
  content: Buffer;
}

export interface Shared {
  /** What Messenger writes beside it, where it does. */
  text?: string;
  attachments?: GivenAttachment[];
  cards?: SimCard[];
}

const VOICE_SECONDS = 3;

const photo = (name: string): GivenAttachment => ({ kind: 'image', name, mediaType: 'image/png', content: samplePhoto() });

function link(url: string): Shared {
  return {
    text: url,
    cards: [{ type: 'fallback', payload: { url, title: 'How to look after a chain' }, title: 'How to look after a chain' }],
  };
}

function product(): Shared {
  const element = {
    id: '5300000000000071',
    retailer_id: 'city-28',
    image_url: 'https://scontent.example/city-28.png',
    title: 'City bike 28"',
    subtitle: '€ 749.00',
  };
  return {
    text: 'Is this one in stock?',
    cards: [{ type: 'template', payload: { product: { elements: [element] } }, title: element.title }],
  };
}

function appointment(atMs: number): Shared {
  const startsAt = Math.floor(atMs / 1000) + 86_400;
  const payload = {
    booking_id: '5400000000000081',
    status: 'REQUESTED',
    start_time: startsAt,
    end_time: startsAt + 1800,
    timezone: 'Europe/Amsterdam',
  };
  return { cards: [{ type: 'appointment_booking', payload, title: 'Appointment' }] };
}

/** An example of it. `atMs`: now, by the clock of whoever shares. */
export function shared(what: Share, atMs: number): Shared {
  switch (what) {
    case 'photo':
      return { attachments: [photo('photo.png')] };
    case 'two_photos':
      return { attachments: [photo('left.png'), photo('right.png')] };
    case 'video':
      return { attachments: [{ kind: 'video', name: 'video.webm', mediaType: 'video/webm', content: sampleVideo() }] };
    case 'voice': {
      const name = `audioclip-${atMs}-${VOICE_SECONDS * 1000}.mp4`;
      return { attachments: [{ kind: 'audio', name, mediaType: 'audio/wav', content: sampleSound(VOICE_SECONDS) }] };
    }
    case 'sound':
      return { attachments: [{ kind: 'audio', name: 'bell.wav', mediaType: 'audio/wav', content: sampleSound(1) }] };
    case 'file':
      return { attachments: [{ kind: 'file', name: 'factuur één.pdf', mediaType: 'application/pdf', content: samplePdf() }] };
    case 'link':
      return link('https://fietsschool.example/ketting?van=messenger&dag=1');
    case 'location':
      return { cards: [{ type: 'location', payload: { coordinates: { lat: 52.0907, long: 5.1214 } }, title: '52.0907, 5.1214' }] };
    case 'product':
      return product();
    case 'reel': {
      const payload = { url: '/reel/5100000000000061/', title: 'Ten turns of the pedal', reel_video_id: 5100000000000061 };
      return { cards: [{ type: 'reel', payload, title: payload.title }] };
    }
    case 'post': {
      const payload = {
        url: 'https://www.facebook.com/100000000000001/posts/500000000000011',
        title: 'The new city bikes',
        id: '500000000000011',
      };
      return { cards: [{ type: 'post', payload, title: payload.title }] };
    }
    case 'appointment':
      return appointment(atMs);
    case 'unknown_attachment':
      return { cards: [{ type: 'hologram', payload: { hologram_id: '1' }, title: 'Hologram' }] };
  }
}
