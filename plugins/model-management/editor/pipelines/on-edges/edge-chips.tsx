import { t, tCount } from '../../i18n';
import { summaryOf } from './edge-summary';
import type { PipelineEdgeView } from './on-edges-client';

/** "2 edges · 1 failed"; nothing where there are none. */
export function EdgeChips({ edges }: { readonly edges: readonly PipelineEdgeView[] }) {
  const { count, failed, changed, working } = summaryOf(edges);
  if (count === 0) return null;
  const words = [
    tCount('usage.edges', count),
    failed > 0 && t('flow.onEdges.sum.failed', { count: failed }),
    changed > 0 && t('flow.onEdges.sum.changed', { count: changed }),
    working > 0 && t('flow.onEdges.sum.working', { count: working }),
  ].filter(Boolean);
  return (
    <span class="mm-tag">
      {failed + changed > 0 && <i class="fa fa-exclamation-triangle" aria-hidden="true" />} {words.join(' · ')}
    </span>
  );
}
