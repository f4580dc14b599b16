import { isFinal } from '../../../../lib/training/run/run-states';
import { t } from '../i18n';
import { useClock } from '../live';
import type { RunState, RunView } from './contract';
import { durationText } from './duration';

const PHASES = ['queued', 'preparing', 'installing', 'training', 'collecting'] as const;

/** The phases in their order, with how long each took; those to come are said to be so. */
export function PhaseLine({ run: { state, phases } }: { readonly run: RunView }) {
  const now = useClock(!isFinal(state));
  return (
    <ol class="mm-phases" aria-label={t('run.phases')}>
      {PHASES.map((name) => {
        const phase = phases.find((one) => one.name === name);
        const isLast = phase !== undefined && phase === phases.at(-1);
        const kind = kindOf(phase, isLast && wentWrong(state));
        return (
          <li key={name} class={`mm-phase mm-phase-${kind}`} aria-current={kind === 'now' ? 'step' : undefined}>
            <i class={`fa ${ICONS[kind]}`} aria-hidden="true" /> {t(`run.phase.${name}`)}
            {phase && (
              <span class="mm-sub">
                {detail(phase, now)}
                {kind === 'broken' && `, ${t(`run.state.${state}`)}`}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

const ICONS = {
  ahead: 'fa-circle-o',
  now: 'fa-circle-o-notch fa-spin',
  done: 'fa-check',
  broken: 'fa-times',
} as const;

const wentWrong = (state: RunState): boolean => isFinal(state) && !['succeeded', 'skipped'].includes(state);

function kindOf(phase: RunView['phases'][number] | undefined, isBroken: boolean): keyof typeof ICONS {
  if (!phase) return 'ahead';
  if (isBroken) return 'broken';
  return phase.finishedAt === null ? 'now' : 'done';
}

function detail({ startedAt, finishedAt, cached }: RunView['phases'][number], now: number): string {
  const end = finishedAt === null ? now : Date.parse(finishedAt);
  // The clocks of this page and of Node-RED may differ.
  const time = durationText(Math.max(0, end - Date.parse(startedAt)));
  return [time, cached ? t('run.cached') : ''].filter(Boolean).join(', ');
}
