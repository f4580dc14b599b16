import { Fragment } from 'preact';
import { t, tCount } from '../i18n';
import type { DiffBlock, DiffLine } from './line-diff';

type Kind = 'same' | 'removed' | 'added';

/** Told by sign and by word, not by colour alone. */
const SIGN: Record<Kind, string> = { same: '', removed: '−', added: '+' };

/** One table column per text; a line that has no partner stands beside nothing. */
export function SplitRows({ blocks }: { readonly blocks: readonly DiffBlock[] }) {
  return (
    <>
      {blocks.map((block, at) => {
        if (block.kind === 'gap') return <Gap key={at} count={block.count} span={6} />;
        if (block.kind === 'same') {
          return block.lines.map(({ before, after }) => (
            <tr key={`${at} ${before}`}>
              <Line kind="same" line={{ number: before, text: after.text }} />
              <Line kind="same" line={after} />
            </tr>
          ));
        }
        const height = Math.max(block.removed.length, block.added.length);
        return Array.from({ length: height }, (_, row) => (
          <tr key={`${at} ${row}`}>
            <Line kind="removed" line={block.removed[row]} />
            <Line kind="added" line={block.added[row]} />
          </tr>
        ));
      })}
    </>
  );
}

/** All in one column: what went, then what came. */
export function UnifiedRows({ blocks }: { readonly blocks: readonly DiffBlock[] }) {
  return (
    <>
      {blocks.map((block, at) => {
        if (block.kind === 'gap') return <Gap key={at} count={block.count} span={3} />;
        if (block.kind === 'same') return <Column key={at} kind="same" lines={block.lines.map(({ after }) => after)} />;
        return (
          <Fragment key={at}>
            <Column kind="removed" lines={block.removed} />
            <Column kind="added" lines={block.added} />
          </Fragment>
        );
      })}
    </>
  );
}

function Column({ kind, lines }: { readonly kind: Kind; readonly lines: readonly DiffLine[] }) {
  return (
    <>
      {lines.map((line) => (
        <tr key={line.number}>
          <Line kind={kind} line={line} />
        </tr>
      ))}
    </>
  );
}

function Line({ kind, line }: { readonly kind: Kind; readonly line: DiffLine | undefined }) {
  if (!line) return <td class="mm-diff-nothing" colSpan={3} />;
  return (
    <>
      <td class="mm-diff-number">{line.number}</td>
      <td class={`mm-diff-sign mm-diff-${kind}`}>
        {kind !== 'same' && (
          <span role="img" aria-label={t(`library.diff.sign.${kind}`)}>
            {SIGN[kind]}
          </span>
        )}
      </td>
      <td class={`mm-diff-text mm-diff-${kind}`}>{line.text}</td>
    </>
  );
}

function Gap({ count, span }: { readonly count: number; readonly span: number }) {
  return (
    <tr>
      <td class="mm-diff-gap" colSpan={span}>
        {tCount('library.diff.gap', count)}
      </td>
    </tr>
  );
}
