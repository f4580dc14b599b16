import type { Signature, TensorInfo } from '../contract';
import { t } from '../i18n';

/** Inputs and outputs with type and shape, symbolic sizes by name. */
export function SignatureTable({ signature }: { readonly signature: Signature }) {
  return (
    <table class="mm-table mm-signature" aria-label={t('signature.title')}>
      <tbody>
        {signature.inputs.map((info) => (
          <Row key={info.name} direction="in" info={info} />
        ))}
        {signature.outputs.map((info) => (
          <Row key={info.name} direction="out" info={info} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ direction, info }: { readonly direction: 'in' | 'out'; readonly info: TensorInfo }) {
  return (
    <tr>
      <th scope="row">{t(`signature.${direction}`)}</th>
      <td>{info.name}</td>
      <td>{info.type}</td>
      <td>{shapeText(info.shape)}</td>
    </tr>
  );
}

/** `[N, 4]`; `?` for a size without a name. */
export function shapeText(shape: TensorInfo['shape']): string {
  if (shape === null) return t('signature.anyRank');
  return `[${shape.map((size) => size ?? '?').join(', ')}]`;
}
