import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type Config, SECOND_MS } from '#platform';
import { ChannelError } from '../channel.js';
import { GraphClient } from './graph-client.js';

/** What Facebook says a token is. */
export interface TokenFacts {
  isValid: boolean;
  /** The page it speaks for; null where Facebook does not say. */
  pageId: string | null;
  /** The person who granted it, as Facebook names him or her to our app. */
  grantedBy: string | null;
  scopes: string[];
  /** When our right to read what it opens ends, unless the person uses the app again; null: not said, or never. */
  dataAccessEndsAt: Date | null;
}

/** `unconfigured`: this installation has no Meta app. `refused`: Facebook does not accept our app's own id and secret. */
export type TokenUnknown = 'unconfigured' | 'refused' | 'unavailable';

const SCOPES_MAX = 200;

const Seconds = z.coerce.number().transform((seconds) => (seconds > 0 ? new Date(seconds * SECOND_MS) : null));
const DebugToken = z.object({
  data: z.object({
    is_valid: z.boolean(),
    profile_id: z.coerce.string().optional(),
    user_id: z.coerce.string().optional(),
    scopes: z.array(z.string()).default([]),
    data_access_expires_at: Seconds.optional(),
  }),
});

/** Asks Facebook about tokens, in the name of the app. */
@Injectable()
export class TokenCheck {
  constructor(
    private readonly graph: GraphClient,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The app's own token, or null where there is no app. Source: https://developers.facebook.com/docs/facebook-login/guides/access-tokens#apptokens */
  get appToken(): string | null {
    const { appId, appSecrets } = this.config.facebook;
    const [secret] = appSecrets;
    return appId === '' || secret === undefined ? null : `${appId}|${secret}`;
  }

  /** What a token is, or why nobody could say. Never throws for what Facebook does. */
  async look(token: string): Promise<TokenFacts | TokenUnknown> {
    const { appToken } = this;
    if (appToken === null) return 'unconfigured';
    try {
      const { data } = await this.graph.call({ path: 'debug_token', token: appToken, query: { input_token: token } }, DebugToken);
      return {
        isValid: data.is_valid,
        pageId: data.profile_id ?? null,
        grantedBy: data.user_id ?? null,
        scopes: data.scopes.slice(0, SCOPES_MAX),
        dataAccessEndsAt: data.data_access_expires_at ?? null,
      };
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      return error.remedy === 'try_later' || error.remedy === 'unknown' ? 'unavailable' : 'refused';
    }
  }

  /** True only when Facebook itself says that the token is dead: no answer is no death. */
  async isDead(token: string): Promise<boolean> {
    const facts = await this.look(token);
    return typeof facts !== 'string' && !facts.isValid;
  }
}
