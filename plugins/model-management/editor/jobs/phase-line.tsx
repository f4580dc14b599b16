import { t } from '../i18n';
import type { RunView } from './contract';
import { durationText } from './duration';

const PHASES = ['queued', 'preparing', 'installing', 'training', 'collecting'] as const;

/** The phases in their order, with how long each took; those to come are said to be so. */
export function PhaseLine({ run: { phases } }: { readonly run: RunView }) {
  return (
    <ol class="mm-phases" aria-label={t('run.phases')}>
      {PHASES.map((name) => {
        const phase = phases.find((one) => one.name === name);
        const kind = !phase ? 'ahead' : phase.finishedAt === null ? 'now' : 'done';
        return (
          <li key={name} class={`mm-phase mm-phase-${kind}`} aria-current={kind === 'now' ? 'step' : undefined}>
            <i class={`fa ${ICONS[kind]}`} aria-hidden="true" /> {t(`run.phase.${name}`)}
            {phase && <span class="mm-sub">{detail(phase)}</span>}
          </li>
        );
      })}
    </ol>
  );
}

const ICONS = { ahead: 'fa-circle-o', now: 'fa-circle-o-notch fa-spin', done: 'fa-check' } as const;

function detail({ startedAt, finishedAt, cached }: RunView['phases'][number]): string {
  const time = finishedAt === null ? '' : durationText(Date.parse(finishedAt) - Date.parse(startedAt));
  return [time, cached ? t('run.cached') : ''].filter(Boolean).join(', ');
}
