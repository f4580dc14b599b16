// Writes the small models of the example flows into example-models. Same bytes each time: a test makes them again and
// compares. The iris models are trained: make-iris-models.ts.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildModel, type ModelSpec } from '../test/support/onnx-models';

const producer = 'node-red-model-management';

/** Area of an ellipse by its two axes: `axes` float32 [N,2] → `area` [N,1]. It names no features: the node does. */
const petalArea: ModelSpec = {
  producer,
  nodes: [
    { op: 'ReduceProd', inputs: ['axes'], outputs: ['product'], attributes: { axes: [1], keepdims: 1 } },
    { op: 'Mul', inputs: ['product', 'quarter_pi'], outputs: ['area'] },
  ],
  inputs: [{ name: 'axes', type: 'float32', shape: ['N', 2] }],
  outputs: [{ name: 'area', type: 'float32', shape: ['N', 1] }],
  weights: [{ name: 'quarter_pi', type: 'float32', dims: [1], values: [Math.PI / 4] }],
};

/**
 * Viscosity of a mixture of three parts, which falls with the temperature: `recipe` float32 [N,3] and `temperature`
 * [N,1] → `viscosity` [N,1] = 2a + 5b + 9c - 0.05 °C.
 */
const mixing: ModelSpec = {
  producer,
  nodes: [
    { op: 'MatMul', inputs: ['recipe', 'thickness'], outputs: ['cold'] },
    { op: 'Mul', inputs: ['temperature', 'per_degree'], outputs: ['thinner'] },
    { op: 'Sub', inputs: ['cold', 'thinner'], outputs: ['viscosity'] },
  ],
  inputs: [
    { name: 'recipe', type: 'float32', shape: ['N', 3] },
    { name: 'temperature', type: 'float32', shape: ['N', 1] },
  ],
  outputs: [{ name: 'viscosity', type: 'float32', shape: ['N', 1] }],
  weights: [
    { name: 'thickness', type: 'float32', dims: [3, 1], values: [2, 5, 9] },
    { name: 'per_degree', type: 'float32', dims: [1], values: [0.05] },
  ],
};

/**
 * A recurrent model, as small as one can be: `reading` and `state`, both float32 scalars → `smoothed` and `next_state`,
 * which is the state moved a fifth of the way to the reading.
 */
const smoother: ModelSpec = {
  producer,
  nodes: [
    { op: 'Sub', inputs: ['reading', 'state'], outputs: ['way'] },
    { op: 'Mul', inputs: ['way', 'share'], outputs: ['step'] },
    { op: 'Add', inputs: ['state', 'step'], outputs: ['smoothed'] },
    { op: 'Identity', inputs: ['smoothed'], outputs: ['next_state'] },
  ],
  inputs: [
    { name: 'reading', type: 'float32', shape: [] },
    { name: 'state', type: 'float32', shape: [] },
  ],
  outputs: [
    { name: 'smoothed', type: 'float32', shape: [] },
    { name: 'next_state', type: 'float32', shape: [] },
  ],
  weights: [{ name: 'share', type: 'float32', dims: [], values: [0.2] }],
};

/** By the name the example flows use; the file is the name with `.onnx`. */
export const EXAMPLE_MODELS: Readonly<Record<string, ModelSpec>> = { 'petal-area': petalArea, mixing, smoother };

async function writeAll(): Promise<void> {
  const folder = join(__dirname, '..', 'example-models');
  await mkdir(folder, { recursive: true });
  for (const [name, spec] of Object.entries(EXAMPLE_MODELS)) {
    const bytes = buildModel(spec);
    await writeFile(join(folder, `${name}.onnx`), bytes);
    process.stdout.write(`${name}.onnx: ${bytes.length} bytes\n`);
  }
}

if (require.main === module) void writeAll();
