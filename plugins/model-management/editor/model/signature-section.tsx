import type { Signature, Version } from '../contract';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useResource } from '../live';
import { fetchVersion } from '../registry-client';
import { SignatureTable } from './signature-table';

/** What a message is checked against: with preprocessing, its inputs and the model's outputs. */
export function callSignature({ signature, preprocessing }: Pick<Version, 'signature' | 'preprocessing'>): Signature {
  return preprocessing ? { inputs: preprocessing.signature.inputs, outputs: signature.outputs } : signature;
}

export function SignatureSection({ model, version }: { readonly model: string; readonly version: number }) {
  const { data, error, reload } = useResource((signal) => fetchVersion(model, version, signal), [model, version]);
  return (
    <section>
      <h3>{t('signature.of', { version })}</h3>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('signature.loading')} />}
      {data && (
        <>
          <SignatureTable signature={callSignature(data)} />
          <NameList title={t('signature.features')} names={data.features} />
          <NameList title={t('signature.labels')} names={data.labels} />
          {data.description && <p class="mm-sub">{data.description}</p>}
          <p class="mm-sub" title={data.digest}>
            {t('signature.facts', {
              opset: data.opset,
              producer: data.producer || '–',
              digest: data.digest.slice(0, 19),
            })}
          </p>
        </>
      )}
    </section>
  );
}

function NameList({ title, names }: { readonly title: string; readonly names: readonly string[] | undefined }) {
  if (!names || names.length === 0) return null;
  return (
    <p class="mm-sub">
      {title}: {names.join(', ')}
    </p>
  );
}
