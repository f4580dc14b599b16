import assert from 'node:assert/strict';
import {
  bodyOf,
  type JobDraft,
  newDraft,
  withRequirements,
  withScriptText,
} from '../../../plugins/model-management/editor/jobs/form/job-draft';

const scriptOf = async (draft: JobDraft): Promise<string | undefined> => draft.staged.scripts[0]?.body.text();
const requirementsOf = async (draft: JobDraft): Promise<string | undefined> => draft.staged.requirements?.body.text();

describe('what the form of a job sends is what it shows', () => {
  it('of a script: nothing while its text is as it was loaded', () => {
    const draft = newDraft('docker');
    assert.equal(withScriptText(draft, 'train.py', 'pass', 'pass'), draft);
  });

  it('of a script: the text that was there before a character was typed and taken back', async () => {
    const typed = withScriptText(newDraft('docker'), 'train.py', 'passx', 'pass');
    assert.equal(await scriptOf(typed), 'passx');
    assert.equal(await scriptOf(withScriptText(typed, 'train.py', 'pass', 'pass')), 'pass');
  });

  it('of requirements: what was typed, nothing when it was taken back, and their removal', async () => {
    const draft = newDraft('docker');
    const stored = { text: 'six\n', isStored: true };
    assert.equal(withRequirements(draft, 'six\n', stored), draft);
    const typed = withRequirements(draft, 'six\nx', stored);
    assert.equal(await requirementsOf(typed), 'six\nx');
    const back = withRequirements(typed, 'six\n', stored);
    assert.deepEqual([back.staged.requirements, back.removed.requirements], [undefined, false]);
    const gone = withRequirements(typed, ' \n', stored);
    assert.deepEqual([gone.staged.requirements, gone.removed.requirements], [undefined, true]);
    assert.equal(withRequirements(gone, 'six\n', stored).removed.requirements, false);
    const never = withRequirements(withRequirements(draft, 'six', { text: '', isStored: false }), '', {
      text: '',
      isStored: false,
    });
    assert.deepEqual([never.staged.requirements, never.removed.requirements], [undefined, false]);
  });

  it('of edges that may start it: those that are ticked, none as well', () => {
    assert.deepEqual(bodyOf({ ...newDraft('docker'), triggerEdges: ['edge-2'] })['triggerEdges'], ['edge-2']);
    assert.deepEqual(bodyOf(newDraft('docker'))['triggerEdges'], []);
  });

  it('of variables: a secret that is not typed is kept, whatever it is called now', () => {
    const entry = { value: '', isSecret: true };
    const draft: JobDraft = {
      ...newDraft('docker'),
      env: [
        { key: 1, name: 'KEPT', storedName: 'KEPT', ...entry },
        { key: 2, name: 'NEW', storedName: 'OLD', ...entry },
        { key: 3, name: 'TYPED', storedName: null, value: 'x', isSecret: true },
        { key: 4, name: 'PLAIN', storedName: null, value: '', isSecret: false },
      ],
    };
    assert.deepEqual(bodyOf(draft)['env'], {
      KEPT: { secret: null },
      NEW: { secret: null },
      TYPED: { secret: 'x' },
      PLAIN: '',
    });
  });
});
