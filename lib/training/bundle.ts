import { workFiles } from './env-list';
import type { JobDocument } from './job';

/** What to type in the unpacked folder to run the scripts as a run does. */
export function runItByHand({ name, fields }: Pick<JobDocument, 'name' | 'fields'>): string {
  const scripts = fields.scripts.map((_, index) => workFiles.script(index));
  const install = `pip install -r ${workFiles.requirements} && `;
  const all = scripts.map((script) => `python3 ${script}`).join(' && ');
  return `Everything a run of the job ${name} finds where its scripts run. Secrets are left out, and variables of several lines.

In Docker:

  docker run --rm -it --env-file ${workFiles.envList} -v "$PWD":/work -w /work ${fields.image} sh -c 'test ! -f ${workFiles.requirements} || ${install}true; ${all}'

With the Python of this machine:

  while IFS= read -r line; do export "$line"; done <${workFiles.envList}; ${all}

Afterwards ${workFiles.model}${fields.metrics.map(({ name: metric }) => ` and ${workFiles.metric(metric)}`).join('')} hold what the run would have made.
Scripts: ${fields.scripts.map((script, index) => `${workFiles.script(index)} is ${script}`).join(', ')}.
`;
}
