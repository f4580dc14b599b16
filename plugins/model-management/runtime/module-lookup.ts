import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

/** Whether function nodes can load a module, by name: Node-RED takes those of Node.js, and those installed in its user directory. */
export const moduleLookup =
  (userDir: string) =>
  (name: string): boolean =>
    isBuiltin(name) || existsSync(join(userDir, 'node_modules', name, 'package.json'));
