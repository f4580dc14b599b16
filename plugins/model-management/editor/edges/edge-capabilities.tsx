import { formatBytes, formatNumber } from '../format';
import { t } from '../i18n';
import type { EdgeView } from './edge-client';

/** From here on certificates and times in logs mislead. */
const SKEW_MS = 5_000;

/** What the edge can do, as it told last. */
export function EdgeCapabilities({ edge: { capabilities, clockSkewMs } }: { readonly edge: EdgeView }) {
  return (
    <section>
      <h3>{t('edge.can.title')}</h3>
      {!capabilities && <p class="mm-hint">{t('edge.can.none')}</p>}
      {capabilities && (
        <dl class="mm-facts">
          {rowsOf(capabilities).map(([key, text]) => (
            <div key={key}>
              <dt>{t(`edge.can.${key}`)}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      )}
      {clockSkewMs !== null && Math.abs(clockSkewMs) > SKEW_MS && (
        <p role="status">
          <i class="fa fa-clock-o" aria-hidden="true" />{' '}
          {t(clockSkewMs > 0 ? 'edge.skew.ahead' : 'edge.skew.behind', {
            seconds: formatNumber(Math.abs(clockSkewMs) / 1_000, RED.i18n.lang(), 3),
          })}
        </p>
      )}
    </section>
  );
}

type Fact = 'version' | 'nodeRed' | 'node' | 'machine' | 'cpus' | 'memory' | 'engine' | 'docker';

function rowsOf(can: NonNullable<EdgeView['capabilities']>): readonly (readonly [Fact, string])[] {
  const { version, nodeRed, node, os, arch, cpus, memoryBytes, engine, docker } = can;
  const language = RED.i18n.lang();
  return [
    ['version', version],
    ['nodeRed', nodeRed],
    ['node', node],
    ['machine', `${os} ${arch}`],
    ['cpus', formatNumber(cpus, language)],
    ['memory', formatBytes(memoryBytes, language)],
    ['engine', [engine.version, t(`edge.engine.${engine.kind}`)].filter(Boolean).join(' · ')],
    ['docker', docker.available ? (docker.version ?? t('edge.can.there')) : t('edge.can.notThere')],
  ];
}
