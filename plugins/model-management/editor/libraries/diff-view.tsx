import { useMemo, useRef } from 'preact/hooks';
import { t, tCount } from '../i18n';
import { useReveal } from '../reveal';
import { useIsWide } from '../use-is-wide';
import { SplitRows, UnifiedRows } from './diff-rows';
import { countChanges, diffBlocks } from './line-diff';

/** From this width on, both texts stand side by side. */
const SPLIT_PX = 640;

/** What changed from one text to the other: side by side where there is room, else one below the other. */
export function DiffView({
  before,
  after,
  beforeName,
  afterName,
}: {
  readonly before: string;
  readonly after: string;
  readonly beforeName: string;
  readonly afterName: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  useReveal(box);
  const isSplit = useIsWide(box, SPLIT_PX);
  const blocks = useMemo(() => diffBlocks(before, after), [before, after]);
  const { added, removed } = countChanges(blocks);
  const Rows = isSplit ? SplitRows : UnifiedRows;
  const title = t('library.diff.title', { before: beforeName, after: afterName });
  return (
    <div ref={box} class="mm-diff">
      <p class="mm-sub" role="status">
        {title}:{' '}
        {added + removed === 0
          ? t('library.diff.none')
          : `${tCount('library.diff.added', added)}, ${tCount('library.diff.removed', removed)}`}
      </p>
      {added + removed > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <section class="mm-diff-scroll" tabIndex={0} aria-label={title}>
          <table class="mm-diff-table">
            {isSplit && (
              <thead>
                <tr>
                  <th scope="col" colSpan={3}>
                    {beforeName}
                  </th>
                  <th scope="col" colSpan={3}>
                    {afterName}
                  </th>
                </tr>
              </thead>
            )}
            <tbody>
              <Rows blocks={blocks} />
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}
