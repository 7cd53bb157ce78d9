import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OperatorPermission, Permission } from '#accounts';
import { OPEN_TO } from '#platform';
import { FRESH, IN_PERSON, PERMISSION } from '../apps/api/who.js';
import { OPERATOR_PERMISSION } from '../apps/operator/operator-who.js';

/** One route of the running application, and who its code says may use it. */
export interface HouseRoute {
  method: string;
  /** As declared: `/api/conversations/:id`. */
  path: string;
  openTo: string | undefined;
  permission: Permission | undefined;
  /** At the operator's door. */
  operatorPermission: OperatorPermission | undefined;
  /** No key opens it. */
  isForPeople: boolean;
}

/** Every route of every controller that the application really has. */
export function houseRoutes(app: NestFastifyApplication): HouseRoute[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  const classes = new Set(controllers.map(({ metatype }) => metatype as new () => object));
  return [...classes].flatMap((controller) => {
    const handlers = Object.getOwnPropertyNames(controller.prototype).filter((name) => name !== 'constructor');
    return handlers.flatMap((name) => {
      const handler = (controller.prototype as Record<string, object>)[name]!;
      const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
      if (method === undefined) return [];
      const told = (key: string): unknown => Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
      const parts = [Reflect.getMetadata(PATH_METADATA, controller), Reflect.getMetadata(PATH_METADATA, handler)] as string[];
      const path = `/${parts.join('/')}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
      return [
        {
          method: RequestMethod[method],
          path,
          openTo: told(OPEN_TO) as string | undefined,
          permission: told(PERMISSION) as Permission | undefined,
          operatorPermission: told(OPERATOR_PERMISSION) as OperatorPermission | undefined,
          isForPeople: told(FRESH) !== undefined || told(IN_PERSON) !== undefined,
        },
      ];
    });
  });
}

/** Every method and address at which the server beneath answers, HEAD left out: Fastify adds it to each GET. */
export function routesListening(app: NestFastifyApplication): string[] {
  const { printRoutes } = app.getHttpAdapter().getInstance() as unknown as { printRoutes(options: object): string };
  return parseRoutes(printRoutes({ commonPrefix: false })).filter((name) => !name.startsWith('HEAD '));
}

/** `METHOD /path` for each line of the tree that the server prints of its routes. */
function parseRoutes(tree: string): string[] {
  const parents: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent, path, methods] = /^([│ ]*)[├└]── (\S+)(?: \(([^)]+)\))?/.exec(line) ?? [];
    if (indent === undefined || path === undefined) return [];
    const depth = indent.length / 4;
    parents.splice(depth, Infinity, `${parents[depth - 1] ?? ''}${path}`);
    return (methods ?? '')
      .split(', ')
      .filter(Boolean)
      .map((method) => `${method} ${parents[depth]!}`);
  });
}
