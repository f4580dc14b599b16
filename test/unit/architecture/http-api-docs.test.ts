import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Application } from 'express';
import { errorCodes, ModelManagementError } from '../../../lib/errors';
import { silentLog } from '../../../lib/log';
import { AdminRouter, basePath } from '../../../plugins/model-management/runtime/admin-router';
import type { Pipelines } from '../../../plugins/model-management/runtime/flows/pipelines';
import { presentError } from '../../../plugins/model-management/runtime/present-error';
import { registerRoutes } from '../../../plugins/model-management/runtime/routes';

const text = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'http-api.md'), 'utf8');

/** `METHOD /path` of each route that the package registers, a rest of a path as `*`. */
function registeredRoutes(): readonly string[] {
  const routes: string[] = [];
  const note =
    (method: string) =>
    (path: string): void => {
      routes.push(`${method.toUpperCase()} ${path.slice(basePath.length)}`);
    };
  const methods = ['get', 'post', 'put', 'patch', 'delete'].map((method) => [method, note(method)]);
  const router = new AdminRouter({
    httpAdmin: { use: () => undefined, ...Object.fromEntries(methods) } as unknown as Application,
    needsPermission: () => () => undefined,
    allowedOrigins: () => [],
    services: () => Promise.reject(new Error('no request is made')),
    log: silentLog,
  });
  registerRoutes(router, {} as Pipelines);
  return routes.sort();
}

/** The same of the table: its first column has methods, then the paths they go with, each in full. */
function documentedRoutes(): readonly string[] {
  const table = /^\| method, path \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(text)?.[1] ?? '';
  const cells = table.split('\n').map((line) => line.split(' | ')[0] ?? '');
  const routes = cells.flatMap((cell) => {
    let methods: readonly string[] = [];
    return [...cell.matchAll(/([A-Z]{3,}(?:, [A-Z]{3,})*)|`(\/[^`]+)`/g)].flatMap(([, named, path]) => {
      if (named !== undefined) methods = named.split(', ');
      return path === undefined ? [] : methods.map((method) => `${method} ${path.replace(/\*\w+$/, '*')}`);
    });
  });
  return routes.sort();
}

describe('docs/http-api.md', () => {
  it('lists the routes that there are, each once', () => {
    assert.deepEqual(documentedRoutes(), registeredRoutes());
  });

  it('lists each error code with its status', () => {
    const rows = [...text.matchAll(/^\| (\d{3}) \| ((?:`[A-Z_]+`(?:, )?)+) \|$/gm)];
    const documented = rows.flatMap(([, status, codes = '']) =>
      [...codes.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => `${status} ${code}`),
    );
    const present = errorCodes.map(
      (code) => `${presentError(new ModelManagementError(code, '', '')).httpStatus} ${code}`,
    );
    assert.deepEqual(documented.sort(), present.sort());
  });
});
