import type { FastifyInstance } from 'fastify';
import { uploadAttachment } from './graph-attachment.js';
import { graphCall, type CallNamer, type GraphAsk, type GraphCallOptions, type GraphHandler } from './graph-call.js';
import { accessToken, accounts, appSubscriptions, debugToken, subscribedApps, type ConnectDesk } from './graph-connect.js';
import { answerDialog, showDialog, type DialogDesk } from './graph-dialog.js';
import { GraphError, unknownPath } from './graph-error.js';
import { conversations, threadMessages } from './graph-archive.js';
import { changeComment, comments, likes, removeNode, type CommentDesk } from './graph-comment.js';
import { personas } from './graph-persona.js';
import { readNode, type ReadDesk } from './graph-read.js';
import { extendThread, passThread, releaseThread, requestThread, takeThread, threadOwner, type ThreadDesk } from './graph-thread.js';
import { sendMessage, type SendDesk } from './graph-send.js';
import type { GraphCall } from './faults.js';
import { wireJson } from './wire-form.js';

/** Room for the largest file, in a form. */
const BODY_BYTES_MAX = 30 * 1024 * 1024;
/** Any version: the newest one of today is a constant of the app, not of the vendor. */
const VERSION = '/:version(^v\\d+\\.\\d+$)';
const ID = `${VERSION}/:id(^(?:me|\\d+)$)`;
/** Posts and comments, threads, and messages old and new. */
const NODE = `${VERSION}/:id(^(?:me|\\d+|\\d+_\\d+|t_\\d+|m_[\\w-]+|mid[\\w.:$-]+)$)`;

type Method = 'GET' | 'POST' | 'DELETE';

export interface GraphDesks {
  calls: GraphCallOptions;
  connect: ConnectDesk;
  read: ReadDesk;
  send: SendDesk;
  thread: ThreadDesk;
  comment: CommentDesk;
  dialog: DialogDesk;
}

/** The part of the Graph API that Omnidesk uses, and the login dialog. A later edge is one more line here and one function. */
export function graphApi(server: FastifyInstance, desks: GraphDesks): void {
  void server.register((graph, _options, done) => {
    // Raw bytes: what cannot be parsed must be answered in the Graph API's own form.
    graph.removeAllContentTypeParsers();
    graph.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, parsed) => {
      parsed(null, body);
    });
    graph.setErrorHandler((error, _request, reply) => {
      // Only what happens before a call is read ends here, such as a body that is too large.
      const { statusCode = 500 } = error as { statusCode?: number };
      const known = new GraphError({ code: 1, httpStatus: statusCode, message: 'An unknown error occurred' });
      return reply.code(statusCode).header('Content-Type', 'application/json; charset=UTF-8').send(wireJson(known.body()));
    });
    const route = (methods: Method[], url: string, call: GraphCall | CallNamer, handler: GraphHandler): void => {
      graph.route({ method: methods, url, handler: graphCall(desks.calls, call, handler) });
    };

    graph.get(`${VERSION}/dialog/oauth`, (request, reply) => showDialog(desks.dialog, request, reply));
    graph.post(`${VERSION}/dialog/oauth`, (request, reply) => answerDialog(desks.dialog, request, reply));
    graph.route({
      method: ['GET', 'POST'],
      url: `${VERSION}/oauth/access_token`,
      handler: graphCall(desks.calls, 'oauth', (ask) => accessToken(desks.connect, ask), 'anyone'),
    });
    route(['GET'], `${VERSION}/debug_token`, 'debug_token', (ask) => debugToken(desks.connect, ask));
    route(['GET'], `${VERSION}/me/accounts`, 'accounts', (ask) => accounts(desks.connect, ask));
    route(['GET', 'POST', 'DELETE'], `${ID}/subscribed_apps`, 'subscribe', (ask) => subscribedApps(desks.connect, ask));
    route(['GET', 'POST'], `${ID}/subscriptions`, 'app_subscribe', (ask) => appSubscriptions(desks.connect, ask));
    // Typing and the like share the address with messages, but a fault that is meant for messages must not be spent on them.
    route(
      ['POST'],
      `${ID}/messages`,
      ({ sender_action: action }) => (action === undefined ? 'send' : 'action'),
      (ask) => sendMessage(desks.send, ask),
    );
    route(['GET'], `${NODE}/messages`, 'conversations', (ask) => threadMessages(desks.read, ask));
    route(['POST'], `${ID}/message_attachments`, 'upload', (ask) => uploadAttachment(desks.send, ask));
    route(['GET'], `${ID}/conversations`, 'conversations', (ask) => conversations(desks.read, ask));
    threadRoutes(route, desks.thread);
    route(['GET', 'POST'], `${ID}/personas`, 'personas', (ask) => personas(desks.read, ask));
    route(['GET', 'POST'], `${NODE}/comments`, 'comment', (ask) => comments(desks.comment, ask));
    route(['POST', 'DELETE'], `${NODE}/likes`, 'comment', (ask) => likes(desks.comment, ask));
    route(['POST'], NODE, 'comment', (ask) => changeComment(desks.comment, ask));
    route(['DELETE'], NODE, 'comment', (ask) => removeNode(desks.comment, desks.read.personas, ask));
    route(['GET'], NODE, 'profile', (ask) => readNode(desks.read, ask));
    route(['GET', 'POST', 'DELETE'], `${VERSION}/*`, 'page', (ask) => {
      throw unknownPath(`/${ask.id}`);
    });
    done();
  });
}

type Route = (methods: Method[], url: string, call: GraphCall, handler: GraphHandler) => void;

function threadRoutes(route: Route, desk: ThreadDesk): void {
  const control = (edge: string, handler: (desk: ThreadDesk, ask: GraphAsk) => object): void => {
    route(['POST'], `${ID}/${edge}_thread_control`, 'thread_control', (ask) => handler(desk, ask));
  };
  route(['GET'], `${ID}/thread_owner`, 'thread_control', (ask) => threadOwner(desk, ask));
  control('take', takeThread);
  control('pass', passThread);
  control('request', requestThread);
  control('release', releaseThread);
  control('extend', extendThread);
}
