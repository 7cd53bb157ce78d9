import fc from 'fast-check';
import { ConfigProblem, readEnv } from './config.js';

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const problemOf = (env: Record<string, string>) => {
  try {
    readEnv(env);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigProblem);
    return (error as Error).message;
  }
};

describe('the environment', () => {
  it('may be empty: everything has a default, and none of them serves the network or trusts anybody', () => {
    expect(readEnv({})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      operatorHost: '127.0.0.1',
      operatorPort: 3001,
      operatorUrl: null,
      publicUrl: 'http://127.0.0.1:3000',
      databaseUrl: null,
      secretKeys: [],
      trustedProxies: [],
      roles: ['gateway', 'api', 'worker'],
      demo: false,
      smtpListen: null,
      facebook: {
        graphUrl: 'https://graph.facebook.com',
        facebookUrl: 'https://www.facebook.com',
        loginConfigId: '',
        graphVersion: 'v26.0',
        appSecrets: [],
      },
    });
  });

  it('means nothing by an empty variable', () => {
    expect(readEnv({ PORT: '', DATABASE_URL: '', OMNIDESK_SECRET_KEY: '', OMNIDESK_ROLES: '' })).toEqual(readEnv({}));
  });

  it('is read whole', () => {
    const config = readEnv({
      PORT: '8080',
      OMNIDESK_SECRET_KEY: `${key(1)}, ${key(2)}`,
      OMNIDESK_ROLES: 'api,worker',
      PUBLIC_URL: 'https://desk.example/',
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      SMTP_LISTEN: '[::1]:2525',
      FACEBOOK_APP_SECRET: 'new,old',
      FACEBOOK_URL: 'http://127.0.0.1:3100/',
      FACEBOOK_LOGIN_CONFIG_ID: '4711',
    });
    expect(config).toMatchObject({
      port: 8080,
      secretKeys: [key(1), key(2)],
      roles: ['api', 'worker'],
      publicUrl: 'https://desk.example',
      trustedProxies: ['10.0.0.0/8', '::1'],
      smtpListen: { host: '::1', port: 2525 },
      facebook: { appSecrets: ['new', 'old'], facebookUrl: 'http://127.0.0.1:3100', loginConfigId: '4711' },
    });
  });

  it('is told all its problems at once, each by the variable’s name', () => {
    const wrong = {
      PORT: '70000',
      OMNIDESK_SECRET_KEY: Buffer.alloc(31).toString('base64'),
      OMNIDESK_ROLES: 'api,sorcerer',
      DATABASE_URL: 'mysql://localhost/x',
      PUBLIC_URL: 'desk.example',
      TRUSTED_PROXIES: '10.0.0.0/40',
      SMTP_LISTEN: '0.0.0.0:99999',
      GRAPH_VERSION: 'latest',
      OMNIDESK_DEMO: 'yes',
    };
    const problem = problemOf(wrong);
    for (const name of Object.keys(wrong)) expect(problem).toContain(`  ${name}`);
  });

  it('is never repeated: what is in a variable may be a secret in the wrong place', () => {
    const names = [
      'PORT',
      'OMNIDESK_SECRET_KEY',
      'DATABASE_URL',
      'PUBLIC_URL',
      'TRUSTED_PROXIES',
      'OMNIDESK_ROLES',
      'SMTP_URL',
      'SMTP_LISTEN',
      'GRAPH_URL',
      'FACEBOOK_URL',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string(), fc.string(), (name, before, after) => {
        expect(problemOf({ [name]: `${before}canary-4711${after}` })).not.toContain('canary-4711');
      }),
    );
  });
});
