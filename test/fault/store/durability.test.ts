import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/temporary-folder';
import { storeProgram } from './store-process';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly args: { readonly path?: string };
}

/** The file system calls between two marks, in order of their beginning, as Node itself recorded them. */
function callsBetween(events: readonly TraceEvent[], from: string, to: string): string[] {
  const begun = events.filter(({ ph }) => ph === 'b').sort((a, b) => a.ts - b.ts);
  const at = (name: string): number => begun.findIndex(({ args }) => args.path?.endsWith(name));
  assert.ok(at(from) !== -1 && at(from) < at(to), `${from} … ${to} is in the trace`);
  return begun.slice(at(from) + 1, at(to)).map(({ name }) => name);
}

describe('acknowledged means durable', () => {
  let events: readonly TraceEvent[];

  before(async function () {
    this.timeout(30_000);
    await using folder = await temporaryFolder();
    await using program = await storeProgram();
    const file = join(folder.path, 'trace.json');
    const nodeArgs = ['--trace-event-categories', 'node.fs.async', '--trace-event-file-pattern', file];
    await using traced = program.start(['trace', join(folder.path, 'data')], nodeArgs);
    await traced.ended();
    assert.equal(traced.output(), '');
    events = JSON.parse(await readFile(file, 'utf8')).traceEvents;
  });

  it('fsyncs documents after their last byte, once for all writes of one tick', () => {
    const calls = callsBetween(events, 'before-documents', 'after-documents');
    assert.equal(calls.filter((name) => name === 'fsync').length, 1, calls.join(' '));
    assert.ok(calls.filter((name) => name === 'write').length >= 20, calls.join(' '));
    assert.ok(calls.lastIndexOf('write') < calls.lastIndexOf('fsync'), calls.join(' '));
  });

  it('fsyncs a blob before it gets its name, and its folder after', () => {
    const calls = callsBetween(events, 'before-blob', 'after-blob');
    const renamed = calls.indexOf('rename');
    const written = calls.lastIndexOf('write');
    assert.ok(written !== -1 && written < renamed, calls.join(' '));
    assert.deepEqual(calls.slice(written, written + 3), ['write', 'fsync', 'close'], calls.join(' '));
    assert.ok(calls.lastIndexOf('fsync') > renamed, calls.join(' '));
  });
});
