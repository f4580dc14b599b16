import { z } from 'zod';
import { invalidInput, ModelManagementError } from '../../errors';
import { LibraryName } from '../../ids';
import { parentPolicies } from '../join-config';

const maxSourceBytes = 2 ** 20;
const maxDescriptionLength = 10_000;
const maxTestTimeoutMs = 30_000;

export const SaveInput = z.strictObject({
  source: z.string(),
  description: z.string().max(maxDescriptionLength).exactOptional(),
  /** The revision the library must have now; 0 = it must not exist. */
  expectedRevision: z.int().nonnegative().exactOptional(),
});

export const TestInput = z.strictObject({
  /** Without it `exec({})`, as without parents. */
  input: z.unknown().optional(),
  source: z.string().exactOptional(),
  timeoutMs: z.int().positive().max(maxTestTimeoutMs).default(5_000),
  msg: z.record(z.string(), z.unknown()).default({}),
  parents: z
    .array(z.object({ id: z.string(), key: z.string(), name: z.string(), policy: z.enum(parentPolicies) }))
    .default([]),
});

/** @throws {ModelManagementError} `INVALID_INPUT` */
export function parseLibraryName(name: string): LibraryName {
  const parsed = LibraryName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw invalidInput(
    'name',
    `A library's name is "pipelib_" and then 1 to 56 letters, digits or "_"; got ${JSON.stringify(name)}.`,
    'Choose such a name.',
  );
}

/** @throws {ModelManagementError} `PAYLOAD_TOO_LARGE` */
export function checkSize(source: string): void {
  const sizeBytes = Buffer.byteLength(source);
  if (sizeBytes <= maxSourceBytes) return;
  throw new ModelManagementError(
    'PAYLOAD_TOO_LARGE',
    `The source has ${sizeBytes} bytes, more than the ${maxSourceBytes} a library may have.`,
    'Move what is large into a module, and list it in modelManagement.libraries.modules.',
  );
}
