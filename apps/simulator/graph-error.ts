import { randomBytes } from 'node:crypto';

export interface GraphErrorFacts {
  code: number;
  subcode?: number;
  message: string;
  type?: string;
  httpStatus?: number;
  userTitle?: string;
  userMessage?: string;
  isTransient?: boolean;
}

const FORBIDDEN_CODES = new Set([10, 200, 299]);

function defaultStatus(facts: GraphErrorFacts): number {
  if (facts.code === 190 && facts.subcode !== undefined) return 401;
  if (FORBIDDEN_CODES.has(facts.code)) return 403;
  if (facts.code === 1 || facts.code === 2) return 500;
  return 400;
}

/** A refusal as the Graph API words it. Text may change and is translated there: programs go by code and subcode. */
export class GraphError extends Error {
  readonly httpStatus: number;

  constructor(readonly facts: GraphErrorFacts) {
    super(facts.message);
    this.httpStatus = facts.httpStatus ?? defaultStatus(facts);
  }

  /** The answer's body. Keys that have no value are left out, as on the wire. */
  body(): object {
    const { code, subcode, message, type = 'OAuthException', userTitle, userMessage, isTransient } = this.facts;
    return {
      error: {
        message,
        type,
        code,
        ...(subcode === undefined ? {} : { error_subcode: subcode }),
        ...(isTransient === undefined ? {} : { is_transient: isTransient }),
        ...(userTitle === undefined ? {} : { error_user_title: userTitle }),
        ...(userMessage === undefined ? {} : { error_user_msg: userMessage }),
        fbtrace_id: `A${randomBytes(17).toString('base64url').slice(0, 22)}`,
      },
    };
  }
}

const DEAD_TOKEN_REASONS: Record<number, string> = {
  458: 'The user has not authorized the application.',
  459: 'The user is enrolled in a blocking, logged-in checkpoint.',
  460: 'The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.',
  463: 'Session has expired.',
  467: 'The session is invalid because the user logged out.',
};

export const invalidParameter = (message: string, subcode?: number): GraphError =>
  new GraphError({ code: 100, subcode, message: `(#100) ${message}` });

export const missingToken = (): GraphError =>
  new GraphError({ code: 104, message: 'An access token is required to request this resource.' });

export const unreadableToken = (): GraphError =>
  new GraphError({ code: 190, message: 'Invalid OAuth access token - Cannot parse access token' });

export const deadToken = (subcode: number): GraphError =>
  new GraphError({
    code: 190,
    subcode,
    message: `Error validating access token: ${DEAD_TOKEN_REASONS[subcode] ?? 'The session is invalid.'}`,
  });

export const unknownObject = (method: string, id: string): GraphError =>
  new GraphError({
    code: 100,
    subcode: 33,
    type: 'GraphMethodException',
    message: `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
  });

export const unknownPath = (path: string): GraphError => new GraphError({ code: 2500, message: `Unknown path components: ${path}` });

export const wrongProof = (): GraphError =>
  new GraphError({ code: 100, type: 'GraphMethodException', message: 'Invalid appsecret_proof provided in the API argument' });

export const missingProof = (): GraphError =>
  new GraphError({ code: 100, type: 'GraphMethodException', message: 'API calls from the server require an appsecret_proof argument' });

export const noPermission = (what: string): GraphError => new GraphError({ code: 200, message: `(#200) ${what}` });

export const noSuchPerson = (): GraphError => invalidParameter('No matching user found', 2018001);

export const outsideWindow = (): GraphError =>
  new GraphError({ code: 10, subcode: 2018278, message: '(#10) This message is sent outside of allowed window.' });

/** Code 10 without a subcode: a permission is missing. What exactly Meta answers here is not published. */
export const humanAgentNotGranted = (): GraphError =>
  new GraphError({ code: 10, message: '(#10) The app has no permission to use the tag HUMAN_AGENT.' });

export const pageRestricted = (): GraphError =>
  new GraphError({ code: 10, subcode: 1893063, message: '(#10) This page is restricted from sending messages.' });

export const otherAppControls = (): GraphError =>
  new GraphError({ code: 10, subcode: 2018300, message: '(#10) Another app is controlling this thread now.' });

export const notThreadOwner = (): GraphError =>
  new GraphError({ code: 10, subcode: 2018151, message: '(#10) The calling app is not the owner of this thread.' });

export const routingOff = (): GraphError =>
  new GraphError({ code: 10, subcode: 2018464, message: '(#10) Conversation routing is not enabled for this page.' });

export const privateReplyImpossible = (): GraphError => invalidParameter('This activity cannot be answered in private', 2534025);

export const privateReplyUsed = (): GraphError => new GraphError({ code: 10900, message: '(#10900) Activity already replied to' });

/** Source: Meta's error page; it may come as the code instead. */
export const messageDeleted = (): GraphError => invalidParameter('This message was deleted', 9000001);
