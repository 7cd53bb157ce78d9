import fc from 'fast-check';
import * as contract from './index.js';

const refuses = (shape: { safeParse(value: unknown): { success: boolean } }, value: unknown) => !shape.safeParse(value).success;

/** The borders of what may cross. The server checks with these and the browser is typed by them, so a loose one is loose on both sides. */
describe('the contract', () => {
  it('lets a list be asked for in pages of 1 to 100', () => {
    const { PageQuery } = contract;
    expect(PageQuery.parse({})).toEqual({ limit: contract.PAGE_ITEMS_DEFAULT });
    expect(PageQuery.parse({ limit: '100' }).limit).toBe(contract.PAGE_ITEMS_MAX);
    for (const limit of ['0', '101', '-1', '1.5', 'many', 'Infinity', ['1', '2'], {}])
      expect({ limit, refused: refuses(PageQuery, { limit }) }).toEqual({ limit, refused: true });
    expect(refuses(PageQuery, { cursor: 'x'.repeat(201) })).toBe(true);
  });

  it('puts an end to every text that somebody may send', () => {
    const long = 'x'.repeat(1_000_000);
    const setup = { tenantName: 'Spaak', name: 'Olga', email: 'olga@spaak.example', password: 'long enough it is' };
    const bodies: [string, { safeParse(value: unknown): { success: boolean } }, Record<string, unknown>][] = [
      ['Setup', contract.Setup, setup],
      ['SignIn', contract.SignIn, { email: 'olga@spaak.example', password: 'x' }],
      ['Invite', contract.Invite, { email: 'mia@spaak.example', name: 'Mia', role: 'agent' }],
      ['AcceptInvitation', contract.AcceptInvitation, { token: 't', name: 'Mia', password: 'long enough it is' }],
      ['ConnectPage', contract.ConnectPage, { pageId: '1', pageToken: 't' }],
      ['ConnectMailbox', contract.ConnectMailbox, { address: 'help@spaak.example', name: 'Help' }],
      ['Reply', contract.Reply, { text: 'Hello', lastSeenMessageId: 'm' }],
      ['Note', contract.Note, { text: 'Hello' }],
      ['ProfileChange', contract.ProfileChange, { name: 'Mia' }],
    ];
    for (const [name, shape, body] of bodies) {
      expect({ name, refused: refuses(shape, body) }).toEqual({ name, refused: false });
      for (const field of Object.keys(body)) {
        for (const wrong of [long, 7, [body[field]], { $gt: '' }]) {
          expect({ name, field, refused: refuses(shape, { ...body, [field]: wrong }) }).toEqual({ name, field, refused: true });
        }
      }
    }
  });

  it('takes a password as it is: not shorter than 12, never trimmed', () => {
    const { NewPassword } = contract;
    expect([refuses(NewPassword, 'x'.repeat(11)), refuses(NewPassword, 'x'.repeat(1025))]).toEqual([true, true]);
    fc.assert(fc.property(fc.string({ minLength: 12, maxLength: 1024 }), (password) => expect(NewPassword.parse(password)).toBe(password)));
  });

  it('sends nothing that is only spaces', () => {
    for (const text of ['', ' ', '\n\t ', '\u00a0'])
      expect([refuses(contract.Reply, { text }), refuses(contract.Note, { text })]).toEqual([true, true]);
  });

  it('knows instants in UTC alone', () => {
    for (const wrong of ['2026-05-04', '2026-05-04T10:00:00', '2026-05-04T10:00:00+02:00', 'yesterday', 0, null])
      expect(refuses(contract.Instant, wrong)).toBe(true);
    expect(contract.Instant.parse(new Date(0).toISOString())).toBe('1970-01-01T00:00:00.000Z');
  });

  it('lets a change of the feed name things by id, and say nothing about them', () => {
    const names = Object.keys(contract.Change.shape).filter((name) => !['seq', 'type', 'quiet'].includes(name));
    expect(names.filter((name) => !name.endsWith('Id'))).toEqual([]);
    expect(contract.Change.parse({ seq: 1, type: 'message_added', text: 'canary' })).toEqual({ seq: 1, type: 'message_added' });
  });

  it('hands out no secret with a connection', () => {
    expect(Object.keys(contract.Connection.shape).filter((name) => /secret|token|password|key/i.test(name))).toEqual([]);
  });
});
