import type { EditedConfig } from './stored-config';

/**
 * A new row of the table: the input from the payload's property of its name, from the whole payload while it has none.
 * Node-RED's property expressions know no escape, so a name with both kinds of quotes takes a JSONata expression.
 */
export function rowFor(input: string): EditedConfig['inputMap'][number] {
  if (input === '') return { input, value: 'payload', valueType: 'msg' };
  const quote = ['"', "'"].find((one) => !input.includes(one));
  return quote
    ? { input, value: `payload[${quote}${input}${quote}]`, valueType: 'msg' }
    : { input, value: `$lookup(payload, ${JSON.stringify(input)})`, valueType: 'jsonata' };
}
