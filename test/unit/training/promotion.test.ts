import assert from 'node:assert/strict';
import type { JobMetric } from '../../../lib/training/job';
import { decidePromotion } from '../../../lib/training/run/promotion';

const accuracy: JobMetric = { name: 'accuracy', direction: 'maximize' };
const loss: JobMetric = { name: 'loss', direction: 'minimize' };
const deployed = { version: 3, metrics: { accuracy: 0.9, loss: 0.2 } };

describe('the gate of a job', () => {
  const cases = [
    { name: 'manual never deploys', mode: 'manual', metrics: [accuracy], candidate: { accuracy: 1 }, promotes: false },
    { name: 'always deploys', mode: 'always', metrics: [accuracy], candidate: { accuracy: 0.1 }, promotes: true },
    {
      name: 'always keeps to the least',
      mode: 'always',
      metrics: [{ ...accuracy, min: 0.5 }],
      candidate: { accuracy: 0.4 },
      promotes: false,
    },
    {
      name: 'always keeps to the most',
      mode: 'always',
      metrics: [{ ...loss, max: 0.5 }],
      candidate: { loss: 0.6 },
      promotes: false,
    },
    { name: 'better is larger', mode: 'better', metrics: [accuracy], candidate: { accuracy: 0.91 }, promotes: true },
    {
      name: 'the same is not better',
      mode: 'better',
      metrics: [accuracy],
      candidate: { accuracy: 0.9 },
      promotes: false,
    },
    { name: 'better is smaller for a loss', mode: 'better', metrics: [loss], candidate: { loss: 0.1 }, promotes: true },
    { name: 'a larger loss is worse', mode: 'better', metrics: [loss], candidate: { loss: 0.3 }, promotes: false },
    {
      name: 'better by too little',
      mode: 'better',
      minImprovement: 0.05,
      metrics: [accuracy],
      candidate: { accuracy: 0.92 },
      promotes: false,
    },
    {
      name: 'better by enough',
      mode: 'better',
      minImprovement: 0.05,
      metrics: [accuracy],
      candidate: { accuracy: 0.96 },
      promotes: true,
    },
    {
      name: 'the metric is the one named',
      mode: 'better',
      metric: 'loss',
      metrics: [accuracy, loss],
      candidate: { accuracy: 0.99, loss: 0.3 },
      promotes: false,
    },
    { name: 'a metric that is not there', mode: 'better', metrics: [accuracy], candidate: {}, promotes: false },
  ] as const;
  for (const { name, metrics, candidate, promotes, ...rule } of cases) {
    it(name, () => {
      const facts = { rule: { minImprovement: 0, ...rule }, metrics, candidate, deployed };
      const { shallPromote, reason } = decidePromotion(facts);
      assert.equal(shallPromote, promotes, reason);
      assert.notEqual(reason, '');
    });
  }

  it('does not deploy by a metric that the deployed version lacks, and says so', () => {
    const { shallPromote, reason } = decidePromotion({
      rule: { mode: 'better', minImprovement: 0 },
      metrics: [accuracy],
      candidate: { accuracy: 1 },
      deployed: { version: 3, metrics: {} },
    });
    assert.equal(shallPromote, false);
    assert.match(reason, /Version 3, which is deployed, has no accuracy/);
  });

  it('deploys where nothing is deployed', () => {
    const facts = {
      rule: { mode: 'better', minImprovement: 0 } as const,
      metrics: [accuracy],
      candidate: { accuracy: 0 },
    };
    assert.equal(decidePromotion({ ...facts, deployed: null }).shallPromote, true);
  });
});
