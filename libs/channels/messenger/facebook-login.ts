import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type Config, Refusal } from '#platform';
import { ChannelError } from '../channel.js';
import { GraphClient } from './graph-client.js';

/**
 * What Omnidesk asks for, one by one, where no configuration of Facebook Login for Business names it.
 *
 * Source   https://developers.facebook.com/docs/permissions
 */
export const NECESSARY_SCOPES = ['pages_show_list', 'pages_messaging', 'pages_manage_metadata', 'pages_read_engagement'];
export const COMMENT_SCOPES = ['pages_read_user_content', 'pages_manage_engagement'];
/** Without it pages inside a business portfolio are not shown. */
const PORTFOLIO_SCOPE = 'business_management';

const PAGES_MAX = 500;
const PAGES_PER_ANSWER = 100;
/** A list whose pages come one at a time, or whose end never comes, must end all the same. */
const ANSWERS_MAX = PAGES_MAX;
const CURSOR_CHARS_MAX = 2000;
const NAME_CHARS_MAX = 200;

/** A page that a person let us have, with the token that speaks for it. */
export interface GrantedPage {
  id: string;
  name: string;
  token: string;
  tasks: string[];
}

/** What a person gave us at Facebook. */
export interface LoginGrant {
  /** The person, as Facebook names him or her to our app. */
  grantedBy: string;
  pages: GrantedPage[];
}

const Person = z.object({ id: z.coerce.string() });
const TokenAnswer = z.object({ access_token: z.string().min(1) });
const Accounts = z.object({
  data: z.array(
    z.object({
      id: z.coerce.string(),
      name: z.string().default(''),
      // Left out for a page on which the person may do nothing for us.
      access_token: z.string().optional(),
      tasks: z.array(z.string()).default([]),
    }),
  ),
  paging: z
    .object({ next: z.string().optional(), cursors: z.object({ after: z.string().max(CURSOR_CHARS_MAX).optional() }).optional() })
    .optional(),
});

/** Facebook's login dialog, and what is behind the code it gives. */
@Injectable()
export class FacebookLogin {
  constructor(
    private readonly graph: GraphClient,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Source: https://developers.facebook.com/docs/facebook-login/facebook-login-for-business */
  dialogUrl(state: string): string {
    const { facebookUrl, graphVersion, appId, loginConfigId } = this.config.facebook;
    const url = new URL(`${facebookUrl}/${graphVersion}/dialog/oauth`);
    const scope = [...NECESSARY_SCOPES, ...COMMENT_SCOPES, PORTFOLIO_SCOPE].join(',');
    const parameters = {
      client_id: appId,
      redirect_uri: this.redirectUri,
      state,
      response_type: 'code',
      ...(loginConfigId === '' ? { scope } : { config_id: loginConfigId }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.toString();
  }

  /**
   * The pages that the person behind a code let us have. The person's own token is used and forgotten; tokens of pages made from its
   * long-lived form do not expire.
   *
   * Limits   500 pages
   * Errors   unprocessable `facebook_refused`; unavailable `facebook_unavailable`
   */
  async grantFor(code: string): Promise<LoginGrant> {
    try {
      const short = await this.exchange({ redirect_uri: this.redirectUri, code });
      const long = await this.exchange({ grant_type: 'fb_exchange_token', fb_exchange_token: short });
      const { id: grantedBy } = await this.graph.call({ path: 'me', token: long, query: { fields: 'id' } }, Person);
      return { grantedBy, pages: await this.accounts(long) };
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      if (error.remedy === 'try_later' || error.remedy === 'unknown') {
        throw new Refusal('unavailable', 'facebook_unavailable', 'Facebook does not answer right now. Try again in a moment.');
      }
      throw new Refusal('unprocessable', 'facebook_refused', 'Facebook did not accept the login. Begin again under Connections.');
    }
  }

  // Word for word the same in the dialog and in the exchange, or Facebook refuses.
  private get redirectUri(): string {
    return `${this.config.publicUrl}/api/connections/messenger/callback`;
  }

  private async exchange(what: Record<string, string>): Promise<string> {
    const { appId, appSecrets } = this.config.facebook;
    const query = { client_id: appId, client_secret: appSecrets[0] ?? '', ...what };
    return (await this.graph.call({ path: 'oauth/access_token', query }, TokenAnswer)).access_token;
  }

  private async accounts(token: string): Promise<GrantedPage[]> {
    const pages = new Map<string, GrantedPage>();
    let after: string | undefined;
    for (let answers = 0; answers < ANSWERS_MAX && pages.size < PAGES_MAX; answers++) {
      const query = { fields: 'id,name,access_token,tasks', limit: String(PAGES_PER_ANSWER), ...(after === undefined ? {} : { after }) };
      const { data, paging } = await this.graph.call({ path: 'me/accounts', token, query }, Accounts);
      for (const { id, name, access_token: pageToken = '', tasks } of data) {
        if (pages.size < PAGES_MAX) pages.set(id, { id, name: name.slice(0, NAME_CHARS_MAX), token: pageToken, tasks });
      }
      const next = paging?.cursors?.after;
      if (paging?.next === undefined || next === undefined || next === after) break;
      after = next;
    }
    return [...pages.values()];
  }
}
