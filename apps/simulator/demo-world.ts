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

export interface DemoPage {
  id: string;
  name: string;
  category: string;
  mailAddress: string | null;
  tasks: readonly string[];
  customers: readonly DemoCustomer[];
}

const ALL_TASKS = ['ADVERTISE', 'ANALYZE', 'CREATE_CONTENT', 'MESSAGING', 'MODERATE', 'MANAGE'];

/** The people and pages every simulator begins with. The PSIDs lie beyond 2^53 and are odd, so that reading one as a number shows. */
export const DEMO_PAGES: readonly DemoPage[] = [
  {
    id: '100000000000001',
    name: 'Spaak Bikes',
    category: 'Bicycle shop',
    mailAddress: 'help@spaak.example',
    tasks: ALL_TASKS,
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
