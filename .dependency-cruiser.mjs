/** The rooms, top to bottom. A room may use the rooms on the floors below it: never upwards, never sideways. */
export const floors = [
  ['privacy'],
  ['automation', 'outreach', 'insight'],
  ['ticketing'],
  ['channels'],
  ['realtime'],
  ['accounts'],
  ['policies', 'audit', 'jobs'],
  ['platform'],
  ['contract'],
];

const SPECS = String.raw`\.(e2e-)?spec\.ts$`;
const FRONT_DOORS = '^libs/[^/]+/index[.]ts$';
// The parser of forms is no framework: services bring mail as forms, and reading one is reading a mail.
const HTTP_FRAMEWORKS = 'node_modules/(fastify|@fastify/(?!busboy)|express|@nestjs/platform-|@nestjs/websockets|socket[.]io)';
const known = floors.flat().join('|');
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const downOnly = floors
  .flatMap((floor, depth) =>
    floor.map((room) => {
      const others = floors
        .slice(0, depth + 1)
        .flat()
        .filter((other) => other !== room);
      return forbid(
        `down-only-${room}`,
        `${room} uses only the floors below it.`,
        { path: `^libs/${room}/` },
        { path: `^libs/(${others.join('|')})/` },
      );
    }),
  )
  .filter(({ to }) => to.path !== '^libs/()/');

export default {
  forbidden: [
    ...downOnly,
    forbid(
      'front-door-of-rooms',
      'Another room is entered through its index.ts.',
      { path: '^libs/([^/]+)/' },
      { path: '^libs/', pathNot: ['^libs/$1/', FRONT_DOORS] },
    ),
    forbid(
      'front-door-of-doors',
      'A room is entered through its index.ts.',
      { path: '^apps/', pathNot: SPECS },
      { path: '^libs/', pathNot: FRONT_DOORS },
    ),
    forbid(
      'channels-apart',
      'Channels do not know each other.',
      { path: '^libs/channels/([^/]+)/' },
      { path: '^libs/channels/[^/]+/', pathNot: '^libs/channels/$1/' },
    ),
    forbid(
      'doors-apart',
      'Doors do not know each other.',
      { path: '^apps/([^/]+)/', pathNot: ['^apps/standalone/', SPECS] },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    forbid('rooms-below-doors', 'A room knows no door.', { path: '^libs/' }, { path: '^apps/' }),
    forbid(
      'tests-apart',
      'Only tests use what is made for tests.',
      { path: '^(apps|libs)/', pathNot: [SPECS, '^apps/web/e2e/'] },
      { path: `^(test|bench)/|${SPECS}` },
    ),
    forbid(
      'web-shares-contract',
      'The browser shares the contract and nothing else.',
      { path: '^apps/web/', pathNot: '^apps/web/e2e/' },
      { path: '^(libs/(?!contract/)|test/|bench/)' },
    ),
    forbid(
      'contract-alone',
      'The contract needs zod alone.',
      { path: '^libs/contract/', pathNot: SPECS },
      { pathNot: ['^libs/contract/', 'node_modules/zod/'] },
    ),
    forbid(
      'no-http-in-rooms',
      'Rooms do not know HTTP.',
      { path: '^libs/', pathNot: ['^libs/(platform/http|realtime)/', SPECS] },
      { path: HTTP_FRAMEWORKS },
    ),
    forbid(
      'on-the-map',
      'A room has its place in the array of floors.',
      { path: '^(apps|libs|test|bench)/' },
      { path: `^libs/(?!(${known})/)` },
    ),
    forbid('no-circles', 'No circles, not even of types.', {}, { circular: true }),
    forbid('resolvable', 'What is imported is there.', {}, { couldNotResolve: true }),
    forbid(
      'no-tools-in-production',
      'What serves is not a development dependency.',
      { path: '^(apps/(?!web/)|libs/)', pathNot: SPECS },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg'], pathNot: 'node_modules/@types/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
};
