import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useResource } from '../live';
import { fetchVersion } from '../registry-client';
import { SignatureFacts } from './signature-facts';

/** The signature of a version and where it comes from, read when it is shown. */
export function SignatureSection({ model, version }: { readonly model: string; readonly version: number }) {
  const { data, error, reload } = useResource((signal) => fetchVersion(model, version, signal), [model, version]);
  return (
    <section>
      <h3>{t('signature.of', { version })}</h3>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('signature.loading')} />}
      {data && (
        <>
          <SignatureFacts version={data} />
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
