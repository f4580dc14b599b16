import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowNode } from './node-red';

export const examplesFolder = join(__dirname, '..', '..', 'examples');
/** Apart from the flows: Node-RED would show a folder of them under *Import → Examples*. */
export const exampleModelsFolder = join(__dirname, '..', '..', 'example-models');
export const exampleLibrariesFolder = join(__dirname, '..', '..', 'example-libraries');

/** The titles under *Import → Examples*, in their order: the names of the files. */
export const exampleTitles: readonly string[] = readdirSync(examplesFolder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length))
  .sort();

export function readExample(title: string): readonly FlowNode[] {
  return JSON.parse(readFileSync(join(examplesFolder, `${title}.json`), 'utf8')) as FlowNode[];
}

export const readExampleModel = (file: string): Buffer => readFileSync(join(exampleModelsFolder, file));

export const readExampleLibrary = (name: string): string =>
  readFileSync(join(exampleLibrariesFolder, `${name}.js`), 'utf8');

/** What the examples need: the file of each model, by name. */
export const exampleModels: Readonly<Record<string, string>> = {
  iris: 'iris-1.onnx',
  'petal-area': 'petal-area.onnx',
  mixing: 'mixing.onnx',
  smoother: 'smoother.onnx',
};
/** And their libraries, beside those that are built in. */
export const exampleLibraries: readonly string[] = readdirSync(exampleLibrariesFolder).map((file) =>
  file.slice(0, -'.js'.length),
);
