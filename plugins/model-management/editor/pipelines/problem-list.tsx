import { useContext } from 'preact/hooks';
import { t } from '../i18n';
import { findPlace } from '../model/node-place';
import { closeTray } from '../widgets/tray';
import { NodeLink } from './node-link';
import { NodesThere } from './nodes-there';
import type { PipelineProblem, PipelineView } from './pipeline-client';
import { mayChangeFlows } from './rights';

/** What keeps it from working, or will surprise, each with a way to mend it. */
export function ProblemList({ pipeline: { id, problems } }: { readonly pipeline: PipelineView }) {
  if (problems.length === 0) return null;
  return (
    <section>
      <h3>{t('flow.problems')}</h3>
      <ul class="mm-plain mm-problems" aria-label={t('flow.problems')}>
        {problems.map((problem) => (
          <li key={`${problem.code} ${problem.node ?? ''} ${problem.message}`}>
            <i class="fa fa-exclamation-triangle" aria-hidden="true" /> {problem.message}{' '}
            {problem.node && <NodeLink id={problem.node} />} <FixButton tabId={id} problem={problem} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The missing end to put on the tab, or the dialog of the node; a wire only a person can draw. Not on an edge. */
function FixButton({ tabId, problem }: { readonly tabId: string; readonly problem: PipelineProblem }) {
  const fix = fixOf(tabId, problem);
  const isThere = useContext(NodesThere) !== undefined;
  if (!fix || isThere || !mayChangeFlows()) return null;
  return (
    <button type="button" class="red-ui-button red-ui-button-small" onClick={() => void closeTray().then(fix)}>
      {t(`flow.fix.${problem.code}`)}
    </button>
  );
}

function fixOf(tabId: string, { code, node }: PipelineProblem): (() => void) | undefined {
  if (code === 'NOT_CONNECTED') return undefined;
  if (code === 'NO_INBOUND') return () => placeOn(tabId, { type: 'mqtt in', topic: '', qos: '1', datatype: 'json' });
  if (code === 'NO_OUTBOUND') return () => placeOn(tabId, { type: 'mqtt out', topic: '', qos: '1', retain: 'false' });
  const found = RED.nodes.node(findPlace({ id: node ?? '' })?.id ?? '');
  if (!found) return undefined;
  return () => {
    RED.view.reveal(found.id);
    RED.editor.edit(found);
  };
}

/** Hangs at the pointer until it is put down. */
function placeOn(tabId: string, node: object): void {
  RED.workspaces.show(tabId);
  RED.view.importNodes([{ id: 'new', name: '', wires: [[]], x: 0, y: 0, ...node }], {
    generateIds: true,
    notify: false,
  });
}
