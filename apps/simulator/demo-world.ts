import { createHmac } from 'node:crypto';
import type { Rgb } from './picture.js';

/** Who the simulator is when nobody says otherwise: `npm start` gives both sides the same app. Not a secret of anyone. */
export const DEMO_APP = {
  id: '190000000000019',
  secret: 'demo-app-secret-of-the-simulator',
  verifyToken: 'demo-verify-token',
} as const;

export interface DemoCustomer {
  psid: string;
  firstName: string;
  lastName: string;
  mailAddress: string;
  colour: Rgb;
  locale: string;
}

export interface DemoPost {
  id: string;
  text: string;
}

export interface DemoPage {
  id: string;
  name: string;
  category: string;
  mailAddress: string | null;
  tasks: readonly string[];
  customers: readonly DemoCustomer[];
  /** What stands on the page for everyone to comment on. */
  posts: readonly DemoPost[];
}

/** The people who run the demo pages. Their ids are app-scoped, so unlike any PSID. */
export const ADMINS = [
  { id: '10160000000000777', name: 'Robin Vermeer' },
  { id: '10160000000000783', name: 'Noor Haddad' },
] as const;

/** Everything the app may ask a person for. */
export const PAGE_SCOPES = (
  'pages_show_list pages_messaging pages_manage_metadata pages_read_engagement business_management pages_read_user_content ' +
  'pages_manage_engagement'
).split(' ');

/** The Page inbox's own app id, as echoes and handovers carry it. Source: Meta, Conversation Control. */
export const PAGE_INBOX_APP_ID = '263902037430900';

const ALL_TASKS = ['ADVERTISE', 'ANALYZE', 'CREATE_CONTENT', 'MESSAGING', 'MODERATE', 'MANAGE'];

/** The people and pages every simulator begins with. The PSIDs lie beyond 2^53 and are odd, so that reading one as a number shows. */
export const DEMO_PAGES: readonly DemoPage[] = [
  {
    id: '100000000000001',
    name: 'Spaak Bikes',
    category: 'Bicycle shop',
    mailAddress: 'help@spaak.example',
    tasks: ALL_TASKS,
    posts: [
      { id: '100000000000001_500000000000011', text: 'The new city bikes are in. Come and try one on Saturday!' },
      { id: '100000000000001_500000000000012', text: 'We are closed on Monday for stocktaking.' },
    ],
    customers: [
      {
        psid: '24680135790246811',
        firstName: 'Sanne',
        lastName: 'de Wit',
        mailAddress: 'sanne@mail.example',
        colour: [196, 120, 62],
        locale: 'nl_NL',
      },
      {
        psid: '24680135790246823',
        firstName: 'Tomás',
        lastName: 'Herrera',
        mailAddress: 'tomas@mail.example',
        colour: [58, 112, 168],
        locale: 'es_ES',
      },
    ],
  },
  {
    id: '100000000000002',
    name: 'Linden Tea',
    category: 'Tea house',
    mailAddress: 'hello@linden.example',
    tasks: ALL_TASKS,
    posts: [{ id: '100000000000002_500000000000021', text: 'First flush is here: three new green teas.' }],
    customers: [
      {
        psid: '24680135790246847',
        firstName: 'Mila',
        lastName: 'Jovanović',
        mailAddress: 'mila@mail.example',
        colour: [128, 92, 172],
        locale: 'sr_RS',
      },
      {
        psid: '24680135790246859',
        firstName: 'Aoife',
        lastName: 'Byrne',
        mailAddress: 'aoife@mail.example',
        colour: [46, 134, 106],
        locale: 'en_GB',
      },
    ],
  },
  {
    id: '100000000000003',
    name: 'Old Mill Museum',
    category: 'History museum',
    mailAddress: null,
    tasks: ['ADVERTISE', 'ANALYZE'],
    posts: [],
    customers: [],
  },
];

/**
 * The access token of a demo page, the same for everyone who knows the app secret: so the demo can connect a page
 * without going through the login.
 *
 * Shape    generation: grows each time the page's token died and was made anew
 */
export function demoPageToken(appSecret: string, pageId: string, generation = 0): string {
  const mac = createHmac('sha256', appSecret).update(`page-token|${pageId}|${generation}`).digest('base64url');
  return `EAAsim${pageId}Z${generation}Z${mac.replaceAll(/[-_]/g, 'x')}`;
}
