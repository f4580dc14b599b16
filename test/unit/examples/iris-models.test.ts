import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accuracyRatio, encodeIris, IRIS_MODELS, type Network, trainIris } from '../../../scripts/make-iris-models';
import { exampleModelsFolder } from '../../support/examples';
import { irisAnswer } from '../../support/iris-answers';

describe('the iris models of the demo', () => {
  const [first, second] = IRIS_MODELS.map(({ epochCount }) => trainIris(epochCount)) as [Network, Network];

  for (const [index, { file }] of IRIS_MODELS.entries()) {
    it(`example-models/${file} is what the script makes`, () => {
      const network = [first, second][index] ?? first;
      assert.deepEqual(readFileSync(join(exampleModelsFolder, file)), Buffer.from(encodeIris(network)));
    });
  }

  it('the second version is clearly better than the first', () => {
    const [before, after] = [accuracyRatio(first), accuracyRatio(second)];
    assert.ok(before > 0.85 && before < 0.93, `version 1 gets ${before} right`);
    assert.ok(after >= 0.97, `version 2 gets ${after} right`);
  });

  it('both know the setosa of the README, and only the second knows its versicolor', () => {
    assert.equal(irisAnswer(first, [5.1, 3.5, 1.4, 0.2]).label, 'setosa');
    assert.equal(irisAnswer(second, [5.1, 3.5, 1.4, 0.2]).label, 'setosa');
    assert.equal(irisAnswer(first, [7, 3.2, 4.7, 1.4]).label, 'virginica');
    assert.equal(irisAnswer(second, [7, 3.2, 4.7, 1.4]).label, 'versicolor');
  });

  it('the README shows the scores they give', () => {
    const readme = readFileSync(join(__dirname, '..', '..', '..', 'README.md'), 'utf8');
    for (const network of [first, second]) {
      const { label, score } = irisAnswer(network, [7, 3.2, 4.7, 1.4]);
      // As a reader compares: the digits that stand before the ellipsis are those of the answer.
      const shown = `{"label":"${label}","score":${String(score).slice(0, 5)}…}`;
      assert.ok(readme.includes(shown), shown);
    }
  });
});
