import { workFiles } from './env-list';
import type { JobDocument } from './job';

/** What to type in the unpacked folder to run the scripts as a run does. */
export function runItByHand({ name, fields }: Pick<JobDocument, 'name' | 'fields'>): string {
  const scripts = fields.scripts.map((_, index) => workFiles.script(index));
  const install = `pip install -r ${workFiles.requirements} && `;
  const all = scripts.map((script) => `python3 ${script}`).join(' && ');
  return `Everything a run of the job ${name} finds where its scripts run. Secrets are left out.

In Docker:

  docker run --rm -it --env-file ${workFiles.envList} -v "$PWD":/work -w /work ${fields.image} sh -c 'test ! -f ${workFiles.requirements} || ${install}true; ${all}'

With the Python of this machine:

  set -a; . ./${workFiles.envList}; set +a; ${all}

Afterwards ${workFiles.model}${fields.metrics.map(({ name: metric }) => ` and ${workFiles.metric(metric)}`).join('')} hold what the run would have made.
Scripts: ${fields.scripts.map((script, index) => `${workFiles.script(index)} is ${script}`).join(', ')}.
`;
}
