import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const TABLE = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');
/** Every requirement of level 2 and below, by chapter and section: how many there are. Source  OWASP ASVS 5.0.0, V6 to V10 */
const SECTIONS = {
  '6.1': 3,
  '6.2': 12,
  '6.3': 4,
  '6.4': 4,
  '6.5': 5,
  '6.6': 3,
  '6.8': 4,
  '7.1': 3,
  '7.2': 4,
  '7.3': 2,
  '7.4': 5,
  '7.5': 2,
  '7.6': 2,
  '8.1': 2,
  '8.2': 3,
  '8.3': 1,
  '8.4': 1,
  '9.1': 3,
  '9.2': 4,
  '10.1': 2,
  '10.2': 2,
  '10.5': 5,
};
/** One line for all of a section that is about what we are not. */
const NOT_OURS = ['10.3.1', '10.4.1', '10.6.1', '10.7.1'];

const lines = TABLE.split('\n').flatMap((line) => {
  const [, id, rest] = /^\| (\d+\.\d+\.\d+) +\|(.*)$/.exec(line) ?? [];
  return id === undefined || rest === undefined ? [] : [{ id, rest }];
});

/** A table that nobody holds to the tests says what was true once. */
describe('the table of security', () => {
  it('has a line for each thing that is asked for, and one alone', () => {
    const wanted = Object.entries(SECTIONS).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, n) => `${section}.${String(n + 1)}`),
    );
    expect(lines.map(({ id }) => id).sort()).toEqual([...wanted, ...NOT_OURS].sort());
  });

  it('shows each by a test, or says why not', () => {
    const bare = lines.filter(({ rest }) => !/`[\w./-]+\.ts` › “|_Deviation:_ \S|_Not ours:_ \S/.test(rest));
    expect(bare).toEqual([]);
  });

  it('names tests that are there', () => {
    const named = [...TABLE.matchAll(/`([\w./-]+\.ts)` › “([^”]+)”/g)].map(([, file, name]) => ({ file: file!, name: name! }));
    const missing = named.filter(({ file, name }) => {
      const path = join(ROOT, file);
      if (!existsSync(path)) return true;
      return !readFileSync(path, 'utf8').includes(`'${name}'`);
    });
    expect(named.length).toBeGreaterThan(lines.length / 2);
    expect(missing).toEqual([]);
  });
});
