import { deletionPage, localeOf } from './deletion-page.js';

const receivedAt = new Date('2026-11-05T10:20:00Z');

describe('the page about a request to delete', () => {
  it('says when it came and when it was done, in the reader’s language', () => {
    const done = { receivedAt, doneAt: new Date('2026-11-05T10:21:00Z') };
    expect(deletionPage(done, 'en')).toContain('Received on 5 November 2026');
    expect(deletionPage(done, 'en')).toContain('Done on 5 November 2026');
    expect(deletionPage(done, 'nl')).toContain('Ontvangen op 5 november 2026');
    expect(deletionPage(done, 'nl')).toContain('<html lang="nl">');
  });

  it('says that it is being carried out while it is, and that there is none where there is none', () => {
    expect(deletionPage({ receivedAt, doneAt: null }, 'en')).toContain('being carried out');
    expect(deletionPage(null, 'nl')).toContain('geen verzoek');
  });

  it('holds no script, no picture, no form and no address of anybody', () => {
    const page = deletionPage({ receivedAt, doneAt: receivedAt }, 'en');
    expect(page).not.toMatch(/<script|<img|<form|<link|https?:/);
  });
});

describe('the language of a reader', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['nl', 'nl'],
    ['nl-BE,nl;q=0.9,en;q=0.8', 'nl'],
    ['en-GB,en;q=0.9,nl;q=0.8', 'en'],
    ['de,nl;q=0.5', 'nl'],
    ['nl;q=0', 'en'],
    ['nl;q=much', 'en'],
    ['*', 'en'],
    [','.repeat(10_000), 'en'],
  ] as const)('that says %j is %s', (languages, locale) => {
    expect(localeOf(languages)).toBe(locale);
  });
});
