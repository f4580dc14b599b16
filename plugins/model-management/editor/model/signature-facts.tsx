import { effectiveSignature } from '../../../../lib/registry/signature-comparison';
import type { Version } from '../contract';
import { t } from '../i18n';
import { SignatureTable } from './signature-table';

/** What a version takes and gives, by name, and what was changed in its file so that it runs. */
export function SignatureFacts({ version }: { readonly version: Version }) {
  const { features, labels, original } = version;
  return (
    <>
      <SignatureTable signature={effectiveSignature(version)} />
      <NameList title={t('signature.features')} names={features} />
      <NameList title={t('signature.labels')} names={labels} />
      {original?.changes.map(({ kind, output, tensor }) => (
        <p key={output} class="mm-sub" title={t('change.original', { digest: original.digest })}>
          <i class="fa fa-pencil" aria-hidden="true" /> {t(`change.${kind}`, { output, tensor })}
        </p>
      ))}
    </>
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
