import { isUtf8 } from 'node:buffer';

const HINTS = {
  torch: 'Export it with torch.onnx.export(model, example, "model.onnx", external_data=False).',
  keras: 'Convert it with tf2onnx: python -m tf2onnx.convert --keras model.h5 --output model.onnx.',
  tflite: 'Convert it with tf2onnx: python -m tf2onnx.convert --tflite model.tflite --output model.onnx.',
  pickle: 'Convert it with skl2onnx: skl2onnx.to_onnx(model, example).SerializeToString().',
  ort: 'Upload the .onnx file it was made from.',
  unpack: 'Unpack it and upload the .onnx file inside.',
  other: 'Upload an .onnx file.',
} as const;

interface ForeignFormat {
  readonly name: string;
  readonly offset: number;
  readonly magic: string;
  readonly hint: string;
}

const formats: readonly ForeignFormat[] = [
  { name: 'a ZIP archive (PyTorch and Keras write such files)', offset: 0, magic: 'PK\x03\x04', hint: HINTS.torch },
  { name: 'an HDF5 file (Keras)', offset: 0, magic: '\x89HDF', hint: HINTS.keras },
  { name: 'a TensorFlow Lite model', offset: 4, magic: 'TFL3', hint: HINTS.tflite },
  { name: 'an ONNX Runtime (.ort) model', offset: 4, magic: 'ORTM', hint: HINTS.ort },
  { name: 'a Python pickle', offset: 0, magic: '\x80\x04\x95', hint: HINTS.pickle },
  { name: 'a Python pickle', offset: 0, magic: '\x80\x05\x95', hint: HINTS.pickle },
  { name: 'a gzip archive', offset: 0, magic: '\x1f\x8b', hint: HINTS.unpack },
  { name: 'a tar archive', offset: 257, magic: 'ustar', hint: 'Send it with the content type application/x-tar.' },
  { name: 'an HTML page', offset: 0, magic: '<!DOCTYPE', hint: HINTS.other },
  { name: 'an HTML page', offset: 0, magic: '<html', hint: HINTS.other },
  { name: 'a Git LFS pointer', offset: 0, magic: 'version https://git-lfs', hint: 'Fetch it first: git lfs pull.' },
];

/** Bytes of the beginning that `foreignFormat` looks at. */
export const HEAD_BYTES = 512;

/** A few bytes may look like text by chance. */
const MIN_TEXT_BYTES = 12;

/** No control characters but white space. Every protobuf message has some: at the least the tags of its fields. */
function isText(head: Buffer): boolean {
  return (
    head.length >= MIN_TEXT_BYTES &&
    isUtf8(head) &&
    head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d))
  );
}

/** What a file that people take for a model really is, and how to get an ONNX file from it. */
export function foreignFormat(head: Buffer): { readonly name: string; readonly hint: string } | undefined {
  const text = head.toString('latin1');
  const format = formats.find(({ offset, magic }) => text.startsWith(magic, offset));
  return format ?? (isText(head) ? { name: 'a text file', hint: HINTS.other } : undefined);
}
