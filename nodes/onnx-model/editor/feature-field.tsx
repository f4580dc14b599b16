import { useId, useState } from 'preact/hooks';
import { effectiveSignature } from '../../../lib/registry/signature-comparison';
import type { Version } from '../../../plugins/model-management/editor/contract';
import { Row } from '../../../plugins/model-management/editor/dialog/rows';
import type { PartProps } from './part-props';
import { nodeText } from './texts';
import { columnCount } from './validation';

const lines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** One name per line; the version's own show through while there are none. */
export function FeatureField({ config, change, version }: PartProps & { readonly version: Version | undefined }) {
  const id = useId();
  const [text, setText] = useState(config.features.join('\n'));
  const own = version?.features ?? [];
  const count = (config.features.length > 0 ? config.features : own).length;
  const wanted = version && columnCount(effectiveSignature(version).inputs[0]?.shape);
  return (
    <Row icon="fa-columns" label={nodeText('features.label')} forId={id}>
      <textarea
        id={id}
        rows={Math.min(8, Math.max(2, count))}
        value={text}
        spellcheck={false}
        placeholder={own.length > 0 ? own.join('\n') : nodeText('features.placeholder')}
        onInput={({ currentTarget: { value } }) => {
          setText(value);
          change({ features: [...lines(value)] });
        }}
      />
      {count > 0 && wanted !== undefined && wanted !== count && (
        <p class="mm-warning" role="alert">
          <i class="fa fa-exclamation-triangle" aria-hidden="true" /> {nodeText('features.mismatch', { count, wanted })}
        </p>
      )}
    </Row>
  );
}
