import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { OutputTail } from '../../../lib/inference/processes/output-tail';

function tailOf(...texts: string[]): OutputTail {
  const stream = new PassThrough();
  const tail = new OutputTail([stream, null]);
  for (const text of texts) stream.write(text);
  // Read at once what is buffered, as the event loop would.
  stream.read();
  return tail;
}

describe('OutputTail', () => {
  for (const { name, texts, lines } of [
    { name: 'nothing when nothing was said', texts: [], lines: '' },
    { name: 'the last five lines', texts: ['1\n2\n3\n', '4\n5\n6\n'], lines: '2\n3\n4\n5\n6' },
    { name: 'no colours and blank lines', texts: ['\u001b[1;31mred\u001b[m\n\n \n'], lines: 'red' },
    {
      name: 'no stack frames',
      texts: [
        'Error: bad\n    at run (/opt/a/b.js:1:2)\n----- Native stack trace -----\n 1: 0x7f node::Abort() [/opt/node]\n',
      ],
      lines: 'Error: bad',
    },
    {
      name: 'files without their folders',
      texts: ["Cannot open '/opt/x/z/model.onnx' or C:\\data\\m.onnx, see /a/b\n"],
      lines: "Cannot open 'model.onnx' or m.onnx, see b",
    },
  ]) {
    it(`tells ${name}`, () => assert.equal(tailOf(...texts).lastLines(), lines));
  }

  it('keeps no more than the end of a long output', () => {
    assert.equal(tailOf(`${'x'.repeat(100_000)}\n`, 'end').lastLines(1), 'end');
    assert.ok(tailOf('y'.repeat(100_000)).lastLines().length <= 4_096);
  });
});
