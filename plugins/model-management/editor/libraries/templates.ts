/** The two forms of a library, in the order in which they are offered. */
export const forms = ['commonJs', 'constructor'] as const;
export type Form = (typeof forms)[number];

const COMMENTS: Record<Form, readonly string[]> = {
  commonJs: ['purpose', 'input', 'context', 'output', 'state'],
  constructor: ['purpose', 'form', 'input', 'output'],
};

/**
 * A library that runs as it is: it gives back what it gets, and its comments say what to write.
 * @param comment - the words of a comment, one line
 */
export function templateOf(form: Form, name: string, comment: (key: string) => string): string {
  const comments = COMMENTS[form].map((key) => `// ${comment(key)}\n`).join('');
  return `${comments}${CODE[form](name)}`;
}

const CODE: Record<Form, (name: string) => string> = {
  commonJs: () => `module.exports = {
  exec(input, context) {
    return input;
  },
};
`,
  constructor: (name) => `function ${name}() {
  this.exec = function (input) {
    return input;
  };
}
`,
};

/** A copy of a source under another name: where it declares a constructor of the old name, it declares the new one. */
export function copyOf(source: string, from: string, to: string): string {
  return source.replace(new RegExp(`\\b${from}\\b`, 'g'), to);
}
