import { z } from 'zod';
import { Digest } from '../../ids';

/* What fields of several documents are. */

export const MAX_TEXT_LENGTH = 1_000;

export const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
export const count = z.int().nonnegative();
/** Epoch ms of the sender's clock, within what a date can be. */
export const at = z.int().min(0).max(8_640_000_000_000_000);
/** For people. */
export const text = z.string().max(MAX_TEXT_LENGTH);
/** What names an artifact. */
export const file = { digest: Digest, sizeBytes: count };

export const ReportedError = z.object({ code: z.string().max(64), message: text });
