import { formatAge, formatMoment } from './format';

/** How long ago, the moment in full in the tooltip. */
export function Age({ at }: { readonly at: string }) {
  const language = RED.i18n.lang();
  return (
    <time dateTime={at} title={formatMoment(at, language)}>
      {formatAge(at, Date.now(), language)}
    </time>
  );
}
