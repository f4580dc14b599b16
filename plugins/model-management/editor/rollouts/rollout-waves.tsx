import { useContext } from 'preact/hooks';
import { openEdge } from '../edges/edge-tray';
import { versionRefText } from '../edges/version-text';
import { t } from '../i18n';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';
import { Leave } from '../model/frame';
import type { RolloutEdgeView, RolloutView } from './rollout-client';
import { RolloutProgress } from './rollout-progress';
import { OutcomeSign } from './rollout-sign';
import { hasProgress, isActive } from './rollout-words';

/** The waves with how far each is, then its edges one by one. */
export function RolloutWaves({ rollout }: { readonly rollout: RolloutView }) {
  const { edges, waveCount, openWaves } = rollout;
  const page = usePage(edges);
  const waves = Array.from({ length: waveCount }, (_, index) => ({
    number: index + 1,
    counts: countsOf(edges.filter(({ wave }) => wave === index + 1)),
  }));
  return (
    <>
      {waveCount > 1 && hasProgress(rollout) && (
        <ol class="mm-waves" aria-label={t('rollout.waves')}>
          {waves.map(({ number, counts }) => (
            <li key={number} class={number > openWaves ? 'mm-sub' : ''}>
              <strong>{t('rollout.wave', { number })}</strong> <RolloutProgress counts={counts} />
            </li>
          ))}
        </ol>
      )}
      <div class="mm-table-wrap">
        <table class="mm-table mm-stack" aria-label={t('tab.edges')}>
          <thead>
            <tr>
              <th scope="col">{t('usage.kind.edge')}</th>
              {waveCount > 1 && <th scope="col">{t('rollout.column.wave')}</th>}
              <th scope="col">{t('run.column.state')}</th>
              <th scope="col">{t('rollout.column.before')}</th>
            </tr>
          </thead>
          <tbody>
            {page.shown.map((edge) => (
              <Row key={edge.name} edge={edge} hasWaves={waveCount > 1} isOver={!isActive(rollout)} />
            ))}
          </tbody>
        </table>
      </div>
      <PagerOfMany page={page} />
    </>
  );
}

function countsOf(edges: readonly RolloutEdgeView[]): RolloutView['counts'] {
  const running = edges.filter(({ state }) => state === 'running').length;
  return { running, pending: edges.length - running };
}

function Row({
  edge,
  hasWaves,
  isOver,
}: {
  readonly edge: RolloutEdgeView;
  readonly hasWaves: boolean;
  /** What waits will not come any more. */
  readonly isOver: boolean;
}) {
  const leave = useContext(Leave);
  const { name, wave, state, progress, error, before } = edge;
  return (
    <tr>
      <td>
        <OutcomeSign state={state} />{' '}
        <button
          type="button"
          class="mm-link"
          title={t('action.open', { name })}
          onClick={() => void leave().then(() => openEdge(name))}
        >
          {name}
        </button>
      </td>
      {hasWaves && <td data-name={t('rollout.column.wave')}>{wave}</td>}
      <td class="mm-edge-error">
        {outcomeText(edge, isOver)}
        {progress !== undefined && ` ${t('upload.percent', { percent: Math.floor(progress * 100) })}`}
        {error && `: ${error}`}
      </td>
      <td data-name={t('rollout.column.before')}>{versionRefText(before)}</td>
    </tr>
  );
}

function outcomeText({ state, reason }: RolloutEdgeView, isOver: boolean): string {
  if (reason) return t(`rollout.left.${reason}`);
  return isOver && state === 'waiting' ? t('rollout.unreached') : t(`rollout.edge.${state}`);
}
